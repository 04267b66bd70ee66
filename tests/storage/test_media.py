"""Which files are shown: images below one folder, whatever a producer calls them, and nothing else on this machine."""

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import InputError
from storage.media import TYPES, Image, MediaFolder

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"
IMAGES = {
    "image/png": PNG,
    "image/jpeg": b"\xff\xd8\xff\xe0 pixels",
    "image/gif": b"GIF89a pixels",
    "image/webp": b"RIFF\x04\x00\x00\x00WEBPpixels",
}
MOST = 100


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> MediaFolder:
    """A folder with an image, beside which there are others that nobody is to see."""
    around = tmp_path_factory.mktemp("around")
    folder = around / "media"
    (folder / "line 2" / ".hidden").mkdir(parents=True)
    for place in (around, folder, folder / "line 2", folder / "line 2" / ".hidden"):
        (place / "a.png").write_bytes(PNG)
    (folder / ".b.png").write_bytes(PNG)
    (folder / "%2e%2e").mkdir()
    (folder / "out").symlink_to(around)
    (folder / "out.png").symlink_to(around / "a.png")
    (folder / "in.png").symlink_to(folder / "a.png")
    (folder / "large.png").write_bytes(PNG.ljust(MOST + 1, b"\0"))
    os.mkfifo(folder / "pipe.png")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket.png"))
    return MediaFolder(folder=folder, most=MOST)


@pytest.mark.parametrize("name", ["a.png", "line 2/a.png"])
def test_an_image_below_the_folder_is_shown(media: MediaFolder, name: str) -> None:
    """By the path that the sample names."""
    assert media.image(name) == Image(content=PNG, type="image/png")


@pytest.mark.parametrize(
    "name",
    [
        "../a.png",
        "line 2/../../a.png",
        "line 2/../a.png",
        "./a.png",
        "line 2//a.png",
        "/a.png",
        "/etc/passwd",
        "//etc/passwd",
        "..\\a.png",
        "line 2\\..\\..\\a.png",
        "C:\\a.png",
        "%2e%2e/a.png",
        "%2e%2e%2fa.png",
        "..%2fa.png",
        "..%c0%afa.png",
        "\uff0e\uff0e/a.png",
        "\u2024\u2024/a.png",
        "file:///etc/passwd",
        "a.png\0",
        "a.png\0.txt",
        "../a.png\0",
        "a.png\n",
        "\udc2e\udc2e/a.png",
        "a\ud800.png",
        "",
        ".",
        "..",
        "/",
        "a.png/",
        "a.png/.",
        "a.png/a.png",
        ".b.png",
        "line 2/.hidden/a.png",
        "line 2",
        "out/a.png",
        "out.png",
        "in.png",
        "pipe.png",
        "socket.png",
        "absent.png",
        "large.png",
        "x" * 300,
        "a/" * 1000 + "a.png",
        "https://example.org/a.png",
    ],
)
def test_what_leads_elsewhere_is_not_shown(media: MediaFolder, name: str) -> None:
    """Out of the folder, by a link, to what is hidden, to a device, or to nothing; and nobody is told where it led."""
    with pytest.raises(InputError) as refused:
        media.image(name)
    assert "it is not shown" in str(refused.value)
    assert str(media.folder) not in str(refused.value)


@pytest.mark.parametrize("name", ["null", "zero", "random"])
def test_devices_are_not_read(name: str) -> None:
    """Also where the folder has them; one of these never ends."""
    with pytest.raises(InputError, match="no regular file"):
        MediaFolder(folder=Path("/dev"), most=MOST).image(name)


def test_a_folder_that_becomes_a_link_is_not_followed(tmp_path: Path) -> None:
    """Whatever was checked when the project was read."""
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a.png").write_bytes(PNG)
    (tmp_path / "media").symlink_to(tmp_path / "there")
    with pytest.raises(InputError, match="cannot be opened"):
        MediaFolder(folder=tmp_path / "media", most=MOST).image("a.png")


@pytest.mark.parametrize("kind", TYPES)
def test_a_file_is_what_its_first_bytes_say(tmp_path: Path, kind: str) -> None:
    """Not what its name says, which anybody may choose."""
    (tmp_path / "a.html").write_bytes(IMAGES[kind])
    assert MediaFolder(folder=tmp_path, most=MOST).image("a.html").type == kind


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"root:x:0:0:root",
        b"RIFF\x04\x00\x00\x00WAVEfmt ",
        b" \x89PNG\r\n\x1a\n",
        b"\xef\xbb\xbf<svg/>",
    ],
)
def test_what_is_no_raster_image_is_not_shown(tmp_path: Path, content: bytes) -> None:
    """Whatever its name: drawings and pages can hold scripts, and configuration is nobody's business."""
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InputError, match="is no PNG, JPEG, GIF or WebP image"):
        MediaFolder(folder=tmp_path, most=MOST).image("a.png")


@given(
    st.text() | st.lists(st.sampled_from(["..", ".", "a.png", "out", "line 2", "/", "\\", "\0", "%2e"])).map("/".join)
)
def test_no_name_reaches_another_file(media: MediaFolder, name: str) -> None:
    """Of all names there are, those of the images below the folder alone are shown."""
    try:
        shown = media.image(name)
    except InputError:
        return
    assert name in ("a.png", "line 2/a.png")
    assert shown.content == PNG
