"""Which passwords are taken: long enough, and none of those that are tried first. No rule about kinds of characters
(NIST SP 800-63B, 3.1.1.2)."""

from __future__ import annotations

from typing import Final
from unicodedata import normalize

from engine.errors import FieldProblem, FormInvalid
from engine.text import Text

CHARACTERS_MIN: Final = 10
CHARACTERS_MAX: Final = 1_000
PRODUCT: Final = ("banjie", "办结")
NAME_CHARACTERS_MIN: Final = 3
"""Shorter login names may stand in a password: they would forbid half of all words."""

# What people choose first where nobody hinders them, written as it is compared: small letters, no divisions.
# Endings of digits and signs are taken off before the comparison.
_FIRST_TRIED: Final = frozenset(
    [
        "password",
        "passwd",
        "passw0rd",
        "p@ssword",
        "p@ssw0rd",
        "mypassword",
        "newpassword",
        "letmein",
        "welcome",
        "welcometo",
        "admin",
        "administrator",
        "adminadmin",
        "root",
        "rootroot",
        "superuser",
        "manager",
        "supervisor",
        "sysadmin",
        "default",
        "changeme",
        "changeit",
        "secret",
        "topsecret",
        "qwerty",
        "qwertyuiop",
        "qwertyui",
        "qwer",
        "qazwsx",
        "qazwsxedc",
        "zxcvbnm",
        "zxcvbn",
        "asdfghjkl",
        "asdfgh",
        "asdf",
        "qweasd",
        "qweasdzxc",
        "iloveyou",
        "loveyou",
        "sunshine",
        "princess",
        "football",
        "baseball",
        "monkey",
        "dragon",
        "master",
        "shadow",
        "superman",
        "trustno",
        "hello",
        "helloworld",
        "test",
        "testtest",
        "testing",
        "demo",
        "demodemo",
        "guest",
        "user",
        "username",
        "login",
        "temp",
        "temporary",
        "computer",
        "internet",
        "abc",
        "abcd",
        "abcdef",
        "abcdefg",
        "abcdefgh",
        "abcdefghi",
        "abcdefghij",
        "aaaaaaaaaa",
        "woaini",
        "woaiwojia",
        "woaizhongguo",
        "woaizuguo",
        "wodemima",
        "mima",
        "mimamima",
        "nihao",
        "nihaonihao",
        "zhongguo",
        "zhonghua",
        "beijing",
        "shanghai",
        "gonghui",
        "zhigong",
        "zhidaihui",
        "zhigongdaibiao",
        "tian",
        "tianan",
        "wangjing",
        "lihua",
        "zhangwei",
        "yiersansi",
        "yaoyaoyao",
        "gongsi",
        "danwei",
        "bangong",
        "bangongshi",
        "guanliyuan",
        "yuangong",
        "xitong",
        "denglu",
        "qiyeweixin",
        "密码",
        "我的密码",
        "我爱你",
        "我爱中国",
        "我爱工作",
        "工会",
        "职代会",
        "职工代表",
        "职工代表大会",
        "管理员",
        "系统管理员",
        "办公室",
        "工会办公室",
        "你好",
        "中国",
    ]
)
_ROWS: Final = ("01234567890123456789", "qwertyuiopqwertyuiop", "asdfghjklasdfghjkl", "zxcvbnmzxcvbnm",
                "abcdefghijklmnopqrstuvwxyz", "1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
                "qazwsxedcrfvtgbyhnujmikolp", "5201314", "1314520")  # fmt: skip
_ENDINGS: Final = "0123456789!@#$%^&*()_+-=.,;:?~ ！。，"
_DIVISIONS: Final = str.maketrans("", "", " _-.·")


def demand_good_password(password: str, login: str, *, path: str = "password") -> None:
    """Raise FormInvalid for a password that is not taken; ``path`` is the field that is named."""
    wrong = wrong_password(password, login)
    if wrong is not None:
        raise FormInvalid([FieldProblem(path=path, text=wrong)])


def wrong_password(password: str, login: str) -> Text | None:
    """Return why a password is not taken, None for one that is."""
    if len(password) < CHARACTERS_MIN:
        return Text(f"密码至少 {CHARACTERS_MIN} 个字符", f"A password has at least {CHARACTERS_MIN} characters")
    if len(password) > CHARACTERS_MAX:
        return Text(f"密码至多 {CHARACTERS_MAX} 个字符", f"A password has at most {CHARACTERS_MAX} characters")
    plain = normalize("NFKC", password).casefold().translate(_DIVISIONS)
    name = normalize("NFKC", login).casefold().translate(_DIVISIONS)
    if len(name) >= NAME_CHARACTERS_MIN and name in plain:
        return Text("密码不得包含登录名", "A password does not hold the login name")
    if any(product in plain for product in PRODUCT):
        return Text("密码不得包含系统名称", "A password does not hold the name of this system")
    if _is_common(plain):
        return Text(
            "密码过于常见，容易被猜中，请另换一个", "This password is among the first that are tried; choose another"
        )
    return None


def _is_common(plain: str) -> bool:
    """Return whether a password is a word that is tried first, a row of keys or digits, or little said often."""
    core = plain.strip(_ENDINGS)
    if plain in _FIRST_TRIED or core in _FIRST_TRIED or _repeats(plain) or (core != "" and _repeats_word(core)):
        return True
    return any(plain in row or plain[::-1] in row for row in _ROWS) or _in_rows(plain)


def _repeats(plain: str) -> bool:
    """Return whether it is a piece of at most four characters, said again and again."""
    return any(plain == (plain[:size] * len(plain))[: len(plain)] for size in range(1, 5))


def _repeats_word(core: str) -> bool:
    half = len(core) // 2
    return len(core) % 2 == 0 and core[:half] == core[half:] and core[:half] in _FIRST_TRIED


def _in_rows(plain: str) -> bool:
    """Return whether it is nothing but pieces of rows, each of at least three keys: 123456qwerty."""
    place = 0
    while place < len(plain):
        size = next((n for n in range(len(plain) - place, 2, -1) if _in_a_row(plain[place : place + n])), 0)
        if size == 0:
            return False
        place += size
    return True


def _in_a_row(piece: str) -> bool:
    return any(piece in row or piece[::-1] in row for row in _ROWS) or len(set(piece)) == 1
