"""The model of a disk that loses power, and what is read from a log of strace: by hand, call by call."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from benchmarks.power_disk import Call, Cut, Disk, Flush, Link, Make, MakeFolder, Move, Remove, Told, Write
from benchmarks.power_trace import NotWatchableError, calls_of, files_below

A, B = "/d/a", "/d/b"


def disk_after(*calls: Call) -> Disk:
    disk = Disk({A: b"old!"})
    for call in calls:
        disk.take(call)
    return disk


def some(disk: Disk, count: int = 200) -> set[tuple[tuple[str, bytes], ...]]:
    rng = random.Random(1)
    return {tuple(sorted(disk.some_kept(rng).items())) for _turn in range(count)}


def test_what_was_not_flushed_may_be_lost_and_what_was_may_not() -> None:
    disk = disk_after(Write(A, 0, b"new!"))
    assert (disk.all_lost(), disk.all_kept()) == ({A: b"old!"}, {A: b"new!"})
    disk.take(Flush(A))
    assert disk.all_lost() == disk.all_kept() == {A: b"new!"}
    assert some(disk) == {((A, b"new!"),)}


def test_of_two_writes_either_may_be_there_without_the_other() -> None:
    disk = disk_after(Write(A, 0, b"XX"), Write(A, 2, b"YY"))
    assert {content[0][1] for content in some(disk)} == {b"old!", b"XXd!", b"olYY", b"XXYY"}


def test_a_long_write_may_be_there_in_some_of_its_sectors() -> None:
    disk = Disk({A: bytes(1024)})
    disk.take(Write(A, 0, b"x" * 1024))
    assert {bytes(content[0][1][::512]) for content in some(disk)} == {b"\0\0", b"x\0", b"\0x", b"xx"}


def test_a_file_may_be_cut_or_not() -> None:
    disk = disk_after(Cut(A, 1))
    assert {content[0][1] for content in some(disk)} == {b"old!", b"o"}


def test_a_new_name_is_there_only_when_its_folder_was_flushed() -> None:
    disk = disk_after(Make(B), Write(B, 0, b"b"), Flush(B))
    assert disk.all_lost() == {A: b"old!"}
    disk.take(Flush("/d"))
    assert disk.all_lost() == {A: b"old!", B: b"b"}


def test_a_name_that_was_not_flushed_away_leads_to_the_old_file_still() -> None:
    disk = disk_after(Make(B), Write(B, 0, b"b"), Flush(B), Move(B, A))
    assert (disk.all_lost(), disk.all_kept()) == ({A: b"old!"}, {A: b"b"})
    assert {content for content in some(disk) if content[0][0] == A} >= {((A, b"old!"),), ((A, b"b"),)}
    disk.take(Flush("/d"))
    assert disk.all_lost() == {A: b"b"}


def test_what_was_removed_comes_back_until_its_folder_was_flushed() -> None:
    disk = disk_after(Remove(A))
    assert (disk.all_lost(), disk.all_kept()) == ({A: b"old!"}, {})
    disk.take(Flush("/d"))
    assert disk.all_lost() == {}


def test_a_second_name_leads_to_the_same_file_once_its_folder_was_flushed() -> None:
    disk = disk_after(Link(A, B), Remove(A), Flush(B))
    assert (disk.all_lost(), disk.all_kept()) == ({A: b"old!"}, {B: b"old!"})
    disk.take(Flush("/d"))
    assert disk.all_lost() == {B: b"old!"}


def test_what_stands_in_a_new_folder_is_there_only_when_the_folder_above_was_flushed() -> None:
    inner = "/d/new/c"
    disk = disk_after(MakeFolder("/d/new"), Make(inner), Write(inner, 0, b"c"), Flush(inner), Flush("/d/new"))
    assert disk.all_lost() == {A: b"old!"}
    assert {len(content) for content in some(disk)} == {1, 2}
    disk.take(Flush("/d"))
    assert disk.all_lost() == {A: b"old!", inner: b"c"}


def hexed(text: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in text.encode())


def read(folder: Path, *lines: str) -> list[Call]:
    return list(calls_of(lines, str(folder), files_below(folder)))


def test_a_log_tells_writes_flushes_names_and_what_was_told(tmp_path: Path) -> None:
    there = tmp_path / "a"
    there.write_bytes(b"")
    a, new, folder = str(there), str(tmp_path / "new"), str(tmp_path)
    calls = read(
        tmp_path,
        f'7 openat(AT_FDCWD<{hexed("/")}>, "{hexed(a)}", O_RDWR|O_CREAT, 0600) = 3<{hexed(a)}>',
        f'7 pwrite64(3<{hexed(a)}>, "{hexed("ab")}", 2, 4096) = 2',
        f'7 openat(AT_FDCWD<{hexed("/")}>, "{hexed(new)}", O_WRONLY|O_CREAT, 0600) = 4<{hexed(new)}>',
        f'7 write(4<{hexed(new)}>, "{hexed("xy")}", 2) = 2',
        f'7 write(4<{hexed(new)}>, "{hexed("z")}", 1) = 1',
        f'7 fdatasync(3<{hexed(a)}> <unfinished ...>',
        f'8 write(1<{hexed("pipe:[1]")}>, "{hexed("told" + chr(9) + "entry" + chr(10))}", 11) = 11',
        "7 <... fdatasync resumed>) = 0",
        f'7 fsync(5<{hexed(folder)}>) = 0',
        f'7 ftruncate(3<{hexed(a)}>, 10) = 0',
        f'7 rename("{hexed(new)}", "{hexed(a)}") = 0',
        f'7 unlink("{hexed(a)}") = 0',
        f'7 mkdir("{hexed(folder + "/sub")}", 0700) = 0',
        f'7 pwrite64(9<{hexed("/elsewhere")}>, "{hexed("q")}", 1, 0) = 1',
        f'7 fdatasync(3<{hexed(a)}>) = -1 EIO (Input/output error)',
        "7 +++ exited with 0 +++",
    )  # fmt: skip
    assert calls == [
        Write(a, 4096, b"ab"),
        Make(new),
        Write(new, 0, b"xy"),
        Write(new, 2, b"z"),
        Told("entry"),
        Flush(a),
        Flush(folder),
        Cut(a, 10),
        Move(new, a),
        Remove(a),
        MakeFolder(f"{folder}/sub"),
    ]


def test_a_call_that_the_model_does_not_know_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    a = hexed(str(tmp_path / "a"))
    with pytest.raises(NotWatchableError, match=r"fallocate of .*: the model of a disk does not know it"):
        read(tmp_path, f"7 fallocate(3<{a}>, 0, 0, 4096) = 0")
    with pytest.raises(NotWatchableError, match=r"symlink of .*: the model of a disk does not know it"):
        read(tmp_path, f'7 symlink("{a}", "{a}") = 0')
