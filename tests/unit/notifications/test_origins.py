"""Where messages may go over HTTP: the origins named and nothing else, and no way into private networks."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from notifications.origins import AllowedOrigins, NameUnresolved, Origin, OriginRefused, is_public

PUBLIC = "203.0.114.5"


def resolving(*addresses: str) -> AllowedOrigins:
    """Return the origins of a house with one public and one internal hook, whose names lead to these addresses."""

    def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return AllowedOrigins(["https://hooks.example.cn"], ["http://hooks.factory:8080"], resolve=resolve)


def test_an_origin_named_is_resolved_to_the_address_to_connect_to() -> None:
    assert resolving(PUBLIC, "203.0.114.6").address_of("https://hooks.example.cn/a?b=c") == PUBLIC
    assert resolving(PUBLIC).address_of("https://HOOKS.example.cn:443/") == PUBLIC


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.cn/",
        "https://hooks.example.cn:8443/",
        "https://evil.example.cn/",
        "https://hooks.example.cn.evil.cn/",
        "https://hooks.example.cn@evil.cn/",
        "https://name:word@hooks.example.cn/",
        "https://evil.cn/https://hooks.example.cn/",
        "https://evil.cn#@hooks.example.cn/",
        "http://hooks.factory/",
        "ftp://hooks.example.cn/",
        "file:///etc/passwd",
        "//hooks.example.cn/",
        "hooks.example.cn",
        "https://",
        "https://[::1",
        "",
    ],
)
def test_any_other_origin_is_refused(url: str) -> None:
    with pytest.raises(OriginRefused):
        resolving(PUBLIC).address_of(url)


NOT_PUBLIC = [
    "127.0.0.1",
    "127.8.9.1",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "224.0.1.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:1::1",
    "2001:db8::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "localhost",
    "",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_public_name_that_leads_into_a_private_network_is_refused(address: str) -> None:
    assert not is_public(address)
    for addresses in ([address], [PUBLIC, address]):
        with pytest.raises(OriginRefused):
            resolving(*addresses).address_of("https://hooks.example.cn/")


@pytest.mark.parametrize("address", ["8.8.8.8", "203.0.114.5", "172.32.0.1", "100.128.0.1", "2400:3200::1"])
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(address)


def test_an_origin_named_internal_may_lie_in_a_private_network() -> None:
    assert resolving("10.1.2.3").address_of("http://hooks.factory:8080/x") == "10.1.2.3"


def test_a_name_that_is_not_resolved_is_a_matter_of_time() -> None:
    with pytest.raises(NameUnresolved):
        resolving().address_of("https://hooks.example.cn/")


def test_the_system_s_resolver_knows_this_machine_and_no_invented_name() -> None:
    assert AllowedOrigins(internal=["http://127.0.0.1:1"]).address_of("http://127.0.0.1:1/") == "127.0.0.1"
    with pytest.raises(OriginRefused):
        AllowedOrigins(public=["http://127.0.0.1:1"]).address_of("http://127.0.0.1:1/")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://oapi.dingtalk.com", Origin("https", "oapi.dingtalk.com", 443)),
        ("http://[2400:3200::1]:8080/a", Origin("http", "2400:3200::1", 8080)),
        ("https://工会.example.cn/", Origin("https", "xn--6oq837a.example.cn", 443)),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: Origin) -> None:
    assert Origin.of(url) == origin


@pytest.mark.parametrize("wrong", ["hooks.example.cn", "ftp://hooks.example.cn", "https://a:b@hooks.example.cn"])
def test_a_wrong_setting_is_told_at_the_start(wrong: str) -> None:
    with pytest.raises(OriginRefused):
        AllowedOrigins([wrong])
