"""What a socket and the long poll refuse is said in the language of whoever opened them."""

import pytest

from tests.consumers.peers import get, opened

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sockets")]


@pytest.mark.parametrize(
    "headers, detail",
    [
        ([], "找不到该数据流"),
        ([(b"accept-language", b"en-US,en;q=0.9")], "There is no such stream"),
        ([(b"accept-language", b"zh-CN"), (b"cookie", b"django_language=en")], "There is no such stream"),
    ],
)
async def test_an_error_frame_speaks_the_language_of_the_handshake(lunch, headers, detail):
    peer = await opened("diner", lunch.lin.token, headers=headers)
    peer.subscribe("order:01J9ZZZZZZZZZZZZZZZZZZZZZZ", id_=9)
    assert (await peer.until("error"))["detail"] == detail


async def test_the_long_poll_refuses_in_the_language_of_its_header(lunch):
    for language, details in (
        ("en", ("The request is not valid", "Must be one of diner, kitchen, counter, board")),
        ("zh-CN", ("请求内容有误", "必须是 diner, kitchen, counter, board")),
    ):
        _, _, body = await get("/api/v1/rt/snapshot/", language=language, view="x")
        assert (body["detail"], body["errors"][0]["detail"]) == details
