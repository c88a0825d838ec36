"""Throwaway servers: they keep what they must through a kill, and leave nothing behind."""

import pytest

from hub.bootstrap.servers import HOST, ServerError, throwaway_mariadb, throwaway_redis


@pytest.mark.mariadb
def test_mariadb_keeps_what_it_committed_through_a_kill():
    import MySQLdb  # not installed where its headers are missing

    def query(sql):
        with MySQLdb.connect(host=HOST, port=server.port, user="kaifan", db="kaifan") as connection:
            connection.autocommit(True)
            cursor = connection.cursor()
            cursor.execute(sql)
            return cursor.fetchall()

    with throwaway_mariadb() as server:
        assert query("SELECT @@collation_database, @@innodb_flush_log_at_trx_commit") == (("utf8mb4_bin", 1),)
        query("CREATE TABLE dish (name varchar(20))")
        query("INSERT INTO dish VALUES ('宫保鸡丁')")
        folder, pid = server.folder, server.pid
        server.kill()
        assert not server.answers()
        server.restart()
        assert server.pid != pid
        assert query("SELECT name FROM dish") == (("宫保鸡丁",),)
    assert not server.answers()
    assert not folder.exists()


@pytest.mark.mariadb
def test_redis_freezes_thaws_dies_and_comes_back_empty():
    import redis

    with throwaway_redis() as server:
        client = redis.Redis.from_url(server.url, socket_timeout=0.3)
        client.set("a", "1")
        server.pause()
        with pytest.raises(redis.exceptions.TimeoutError):
            client.get("a")
        server.resume()
        assert client.get("a") == b"1"
        server.restart()
        assert client.get("a") is None
    assert not server.folder.exists()


def test_a_server_that_cannot_start_says_why(monkeypatch):
    monkeypatch.setattr("hub.bootstrap.servers.find_program", lambda *names: None)
    with pytest.raises(ServerError, match="no Redis server is installed"), throwaway_redis():
        raise AssertionError("it must not get here")
