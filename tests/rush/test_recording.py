"""Recordings: written in the order in which things began, read back, and refused where they are none."""

import json

import pytest

from rush import recording
from rush.recording import Recorder, Unreadable
from rush.verbs import VERBS

HEAD = {"kaifan": "day", "version": 1}
ACCEPT = {"at": 1.5, "who": "counter", "do": "accept", "order": "o1"}


def written(tmp_path, *rows):
    path = tmp_path / "day.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_what_began_first_stands_first(tmp_path):
    """The counter sees a payment on its screen before the guest's own call is over."""
    recorder = Recorder()
    recorder.note(2.0, "counter", "accept", {"order": "o1"})
    recorder.note(1.0, "lin", "pay", {"order": "o1", "channel": "wechat"})
    recorder.note(3.0, "lin", "batches", {"order": "o1", "lines": []}, {"total_fen": 5})
    path = tmp_path / "day.jsonl"
    recorder.write(path, {"store": "demo"})
    assert json.loads(path.read_text("utf-8").splitlines()[0]) == {**HEAD, "store": "demo"}
    assert recording.read(path, VERBS) == [
        {"at": 1.0, "who": "lin", "do": "pay", "order": "o1", "channel": "wechat"},
        {"at": 2.0, "who": "counter", "do": "accept", "order": "o1"},
        {"at": 3.0, "who": "lin", "do": "batches", "order": "o1", "lines": [], "result": {"total_fen": 5}},
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "first line"),
        ([ACCEPT], "first line"),
        ([{**HEAD, "version": 2}], "first line"),
        ([HEAD, {**ACCEPT, "do": "explode"}], "line 2: nobody knows how to do 'explode'"),
        ([HEAD, {**ACCEPT, "at": "noon"}], "line 2: at is missing or wrong"),
        ([HEAD, ACCEPT, {"at": 1, "do": "accept"}], "line 3: who is missing or wrong"),
        ([HEAD, {"at": 1, "who": "counter", "do": "accept"}], "line 2: accept: missing a required"),
        ([HEAD, {**ACCEPT, "do": "start", "line": 0, "oops": 1}], "line 2: start: got an unexpected"),
        ([HEAD, [1]], "line 2: no JSON object"),
    ],
)
def test_a_file_that_is_no_recording_is_refused_with_its_line(tmp_path, rows, said):
    with pytest.raises(Unreadable) as refused:
        recording.read(written(tmp_path, *rows), VERBS)
    assert said in str(refused.value)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path):
    with pytest.raises(Unreadable, match="cannot read"):
        recording.read(tmp_path / "none.jsonl", VERBS)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(Unreadable, match="cannot read"):
        recording.read(tmp_path / "bytes", VERBS)


def test_the_sample_is_a_lunch():
    entries = recording.read(recording.SAMPLE, VERBS)
    done = {entry["do"] for entry in entries}
    assert {"submit", "pay", "accept", "start", "ready", "complete", "review", "sell-out", "restore"} <= done
    orders = [entry["order"] for entry in entries if entry["do"] == "submit"]
    assert len(orders) == len(set(orders)) >= 50
    assert recording.SAMPLE.stat().st_size < 200_000
