"""The official SDK against local-daytona: files."""

import hashlib
import os

import daytona
import pytest
from daytona import FileDownloadRequest, FileUpload

pytestmark = pytest.mark.anyio


async def test_five_mebibytes_come_back_as_they_went(sandbox):
    data = os.urandom(5 << 20)
    await sandbox.fs.upload_file(data, "/tmp/random.bin")
    assert await sandbox.fs.download_file("/tmp/random.bin") == data
    answer = await sandbox.process.exec("sha256sum < /tmp/random.bin")
    assert answer.result.split()[0] == hashlib.sha256(data).hexdigest()
    assert (await sandbox.fs.get_file_info("/tmp/random.bin")).size == len(data)


@pytest.mark.parametrize(
    "name",
    ["ž 漢 🙂.txt", "semi;colon", 'double"quote', "single'quote", "per%20cent", "a+b&c=d?e#f", "back\\slash", "-dash",
     "cafe\u0301", "made/on/the/way"],
)
async def test_odd_names(sandbox, name):
    path = f"/tmp/odd/{name}"
    await sandbox.fs.upload_file(name.encode(), path)
    assert await sandbox.fs.download_file(path) == name.encode()
    if "/" not in name:
        assert [entry.name for entry in await sandbox.fs.list_files("/tmp/odd")] == [name]


@pytest.mark.parametrize(
    "data",
    [b"", b"\r\n", b"--", b"\r\n--DAYTONA-FILE-BOUNDARY--\r\n", bytes(range(256)) * 300],
    ids=["empty", "line end", "dashes", "a boundary", "all bytes"],
)
async def test_any_content(sandbox, data):
    await sandbox.fs.upload_file(data, "/tmp/data")
    assert await sandbox.fs.download_file("/tmp/data") == data


async def test_from_and_to_local_files(sandbox, tmp_path):
    (tmp_path / "source").write_bytes(b"from disk")
    await sandbox.fs.upload_file(str(tmp_path / "source"), "/tmp/copy")
    await sandbox.fs.download_file("/tmp/copy", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == b"from disk"


async def test_many_at_a_time_with_one_missing(sandbox):
    contents = {f"/tmp/many/{number} ž": b"%d" % number * number for number in range(20)}
    await sandbox.fs.upload_files([FileUpload(source=data, destination=path) for path, data in contents.items()])
    answers = await sandbox.fs.download_files(
        [FileDownloadRequest(source=path) for path in [*contents, "/tmp/many/none"]])
    assert {answer.source: answer.result for answer in answers[:-1]} == contents
    assert answers[-1].result is None
    assert "not found" in answers[-1].error


async def test_an_upload_replaces_and_a_command_sees_it(sandbox):
    await sandbox.fs.upload_file(b"a longer first text", "/tmp/file")
    await sandbox.fs.upload_file(b"second", "/tmp/file")
    assert (await sandbox.process.exec("cat /tmp/file")).result == "second"


async def test_folders_moves_permissions_and_searches(sandbox):
    files = sandbox.fs
    await files.create_folder("/tmp/tree", "755")
    await files.upload_file(b"alpha\nneedle here\n", "/tmp/tree/a.txt")
    await files.upload_file(b"beta\n", "/tmp/tree/b.log")
    await files.move_files("/tmp/tree/b.log", "/tmp/tree/c.log")
    await files.set_file_permissions("/tmp/tree/c.log", mode="600")
    listed = {entry.name: entry for entry in await files.list_files("/tmp/tree")}
    assert set(listed) == {"a.txt", "c.log"}
    assert (listed["c.log"].permissions, listed["c.log"].is_dir, listed["c.log"].size) == ("0600", False, 5)
    found = await files.find_files("/tmp/tree", "needle")
    assert [(match.file, match.line) for match in found] == [("/tmp/tree/a.txt", 2)]
    assert (await files.search_files("/tmp/tree", "*.txt")).files == ["/tmp/tree/a.txt"]
    await files.replace_in_files(["/tmp/tree/a.txt"], "needle", "pin")
    assert await files.download_file("/tmp/tree/a.txt") == b"alpha\npin here\n"
    await files.delete_file("/tmp/tree", recursive=True)
    with pytest.raises(daytona.DaytonaNotFoundError):
        await files.get_file_info("/tmp/tree")


async def test_missing_files_are_errors(sandbox):
    with pytest.raises(daytona.DaytonaError, match="not found"):
        await sandbox.fs.download_file("/tmp/none")
    with pytest.raises(daytona.DaytonaNotFoundError):
        await sandbox.fs.list_files("/tmp/none")
