"""What a recording is, by how it begins."""

import pytest

from callproof.contract import sound
from callproof.pbx import recordings


@pytest.mark.parametrize("kind", ["wav", "mp3"])
def test_the_length_of_a_recording_shows_in_its_first_bytes(kind: str) -> None:
    made = recordings.recording("any", 20, kind)
    head = b"".join(made.read(0, 1024))
    assert sound.is_sound(head)
    assert sound.seconds(head, made.size) == pytest.approx(20, abs=0.5)


@pytest.mark.parametrize("content", [b"", b"<html>", b"{}", b"RIFF but no wave"])
def test_what_begins_as_no_sound_does_is_none(content: bytes) -> None:
    assert not sound.is_sound(content)
    assert sound.seconds(content, 1000) is None


@pytest.mark.parametrize(
    "content", [b"<!DOCTYPE html>", b"\xef\xbb\xbf{}", b' \n["expired"]', "<p>срок</p>".encode()]
)
def test_pages_and_messages_are_text(content: bytes) -> None:
    assert sound.is_text(content)


@pytest.mark.parametrize("content", [b"", b"<\x00\x7f", b"OggS", b"{\xff\xfe\x80\x01"])
def test_sound_is_no_text_whatever_its_first_byte_is(content: bytes) -> None:
    assert not sound.is_text(content)


@pytest.mark.parametrize(
    ("content", "content_type", "kind"),
    [
        (b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0", "audio/mpeg", "WAV"),
        (b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0", "audio/x-wav; codec=1", ""),
        (b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x55\0", "audio/mpeg", ""),
        (b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0", "audio/basic", ""),
        (b"\xff\xfb\x90\x00", "Audio/WAV", "MPEG"),
        (b"\xff\xf1\x50\x80", "audio/mpeg", ""),
        (b"\xff\xf1\x50\x80", "audio/wav", ""),
        (b"OggS", "audio/mpeg", "Ogg"),
        (b"fLaC", "audio/ogg", "FLAC"),
        (b"#!AMR", "audio/wav", ""),
        (b"", "audio/wav", ""),
    ],
)
def test_sound_may_bear_the_name_of_another_kind(content: bytes, content_type: str, kind: str) -> None:
    assert sound.named_wrongly(content, content_type) == kind
