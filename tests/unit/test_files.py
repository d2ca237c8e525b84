import os

import pytest

from converter.files import NotAFileError, TooLargeError, read_regular


def test_a_file_is_read_up_to_its_bound(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"12345")
    assert read_regular(file, 5) == b"12345"
    with pytest.raises(TooLargeError) as caught:
        read_regular(file, 4)
    assert (caught.value.path, caught.value.limit) == (file, 4)


def test_a_link_to_a_file_is_followed(tmp_path):
    (tmp_path / "file").write_bytes(b"1")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "link", 5) == b"1"


def test_what_is_not_a_file_is_refused_and_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "pipe")  # nobody writes to it
    for path in (tmp_path / "pipe", tmp_path, "/dev/zero"):
        with pytest.raises((NotAFileError, IsADirectoryError)):
            read_regular(path, 5)
