"""Flags win over the environment, the environment over the file; a bad value is one clear sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from livehouse.main.settings import ResolvedSettings, Settings
from livehouse.main.settings_sources import SettingsError, load_settings


def test_defaults_work_at_once(tmp_path: Path) -> None:
    settings = load_settings({}, {"LIVEHOUSE_DATA_DIR": str(tmp_path)})
    assert settings.data_dir == tmp_path
    assert settings.http_port == 8080
    assert settings.roles == ("web", "chat", "media", "edge", "worker")
    assert settings.host == "127.0.0.1"
    assert not settings.uses_tls


def test_a_flag_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "livehouse.toml").write_text("http_port = 1001\nchat_port = 1002\nedge_port = 1003\n")
    environment = {"LIVEHOUSE_HTTP_PORT": "2001", "LIVEHOUSE_CHAT_PORT": "2002"}
    settings = load_settings({"data_dir": tmp_path, "http_port": "3001", "edge_port": None}, environment)
    assert (settings.http_port, settings.chat_port, settings.edge_port) == (3001, 2002, 1003)


def test_lists_are_words_between_commas_or_json(tmp_path: Path) -> None:
    servers = '[{"urls": ["stun:example.org"]}, {"urls": ["turn:t"], "username": "u", "credential": "c"}]'
    environment = {"LIVEHOUSE_ROLES": "media, edge", "LIVEHOUSE_ICE_SERVERS": servers}
    settings = load_settings({"data_dir": tmp_path}, environment)
    assert settings.roles == ("media", "edge")
    assert [server.urls for server in settings.ice_servers] == [("stun:example.org",), ("turn:t",)]
    assert "'c'" not in repr(settings)


def test_the_same_lists_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text('roles = ["web"]\nice_servers = [{ urls = ["stun:a"] }]\n')
    settings = load_settings({"data_dir": tmp_path}, {}, file)
    assert settings.roles == ("web",)
    assert settings.ice_servers[0].urls == ("stun:a",)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"http_port": "x"}, ["--http-port", "'x'", "integer"]),
        ({"http_port": "70000"}, ["--http-port", "70000", "65535"]),
        ({"roles": "web,kitchen"}, ["--roles"]),
        ({"roles": ","}, ["--roles", "at least one"]),
        ({"host": "example.org"}, ["--host", "'example.org'", "IP address"]),
        ({"http_port": "8081"}, ["--http-port", "--chat-port", "differ"]),
        ({"media_port": "65534", "media_shards": "3"}, ["--media-port", "--media-shards", "65535"]),
        ({"tls_cert": "/c.pem"}, ["--tls-cert", "--tls-key", "both"]),
        ({"tls_cert": "/no/c.pem", "tls_key": "/no/k.pem"}, ["--tls-cert", "/no/c.pem", "no such file"]),
        ({"public_address": "http://a.example"}, ["--public-address", "bare host name"]),
        ({"public_url": "a.example"}, ["--public-url", "http://"]),
        ({"trusted_proxies": "nginx"}, ["--trusted-proxies", "nginx"]),
        ({"ice_servers": "[oops"}, ["--ice-servers"]),
        ({"log_level": "loud"}, ["--log-level", "loud", "debug"]),
    ],
)
def test_a_bad_flag_is_named_in_one_sentence(tmp_path: Path, flags: dict[str, str], words: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"data_dir": tmp_path, **flags}, {})
    sentence = str(caught.value)
    assert all(word in sentence for word in words), sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")


def test_media_takes_a_port_for_each_shard(tmp_path: Path) -> None:
    data_dir = {"data_dir": tmp_path}
    assert load_settings({**data_dir, "media_shards": "3"}, {}).media_port_count == 3
    assert 1 <= load_settings(data_dir, {}).media_port_count <= 8


def test_the_sentence_names_the_variable_or_the_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="LIVEHOUSE_MEDIA_PORT is '-1'"):
        load_settings({"data_dir": tmp_path}, {"LIVEHOUSE_MEDIA_PORT": "-1"})
    (tmp_path / "livehouse.toml").write_text("media_port = -1\n")
    with pytest.raises(SettingsError, match=r"'media_port' in .*livehouse\.toml is '-1'"):
        load_settings({"data_dir": tmp_path}, {})


def test_a_password_in_a_bad_value_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"data_dir": tmp_path}, {"LIVEHOUSE_DATABASE_URL": "mysql://u:hunter2@h/d"})
    assert "hunter2" not in str(caught.value)
    assert "LIVEHOUSE_DATABASE_URL" in str(caught.value)


def test_a_file_with_a_mistake_says_where(tmp_path: Path) -> None:
    file = tmp_path / "livehouse.toml"
    with pytest.raises(SettingsError, match="does not exist"):
        load_settings({"data_dir": tmp_path}, {}, file)
    file.write_text("http_prt = 1\n")
    with pytest.raises(SettingsError, match=r"'http_prt'.*no setting.*http_port"):
        load_settings({"data_dir": tmp_path}, {})
    file.write_text("http_port = = 1\n")
    with pytest.raises(SettingsError, match=r"not valid TOML.*line 1"):
        load_settings({"data_dir": tmp_path}, {})


def resolved(**settings: object) -> ResolvedSettings:
    return ResolvedSettings.model_validate(
        {
            **Settings().model_dump(),
            "node_id": "n",
            "database_dsn": "postgresql+asyncpg:///x",
            "nats_servers": (),
            "secrets_dir": "/s",
            "run_dir": "/r",
            "media_dir": "/m",
            "cache_dir": "/c",
            **settings,
        }
    )


@pytest.mark.parametrize(
    ("settings", "base", "chat"),
    [
        ({}, "http://127.0.0.1:8080", "ws://127.0.0.1:8081"),
        ({"host": "0.0.0.0"}, "http://127.0.0.1:8080", "ws://127.0.0.1:8081"),
        ({"host": "::1"}, "http://[::1]:8080", "ws://[::1]:8081"),
        ({"public_address": "a.example"}, "http://a.example:8080", "ws://a.example:8081"),
        ({"tls_cert": "/c", "tls_key": "/k"}, "https://127.0.0.1:8080", "wss://127.0.0.1:8081"),
        ({"public_url": "https://a.example/"}, "https://a.example", "wss://a.example"),
    ],
)
def test_addresses(settings: dict[str, object], base: str, chat: str) -> None:
    node = resolved(**settings)
    assert node.base_url() == base
    assert node.chat_url() == chat


def test_resolved_settings_survive_the_way_to_a_role() -> None:
    node = resolved(ice_servers=[{"urls": ["stun:a"]}], roles=["media"])
    assert ResolvedSettings.model_validate_json(node.model_dump_json()) == node
