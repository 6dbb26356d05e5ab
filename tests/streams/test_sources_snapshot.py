"""HTTP snapshots, through the front door: ``open_source(...).look()`` against a real server."""

from __future__ import annotations

import socket
import traceback
from datetime import UTC, datetime, timedelta

import pytest

from streams import errors
from streams.feed import Feed, Protocol
from streams.source import Limits
from streams.sources import open_source
from tests.servers.camera import BROKEN_CHALLENGES, PASSWORD, USER, Camera
from tests.servers.clips import jpeg, scene

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
QUICK = Limits(open_timeout_s=0.4, read_timeout_s=0.4, max_bytes=2_000_000, max_pixels=4_000_000)
PATIENT = Limits(open_timeout_s=5, read_timeout_s=5, max_bytes=2_000_000, max_pixels=4_000_000)


@pytest.fixture(scope="module")
def shared_camera():
    with Camera() as camera:
        yield camera


@pytest.fixture
def camera(shared_camera):
    shared_camera.requests.clear()
    shared_camera.picture = jpeg(scene())
    return shared_camera


def source_of(url, *, limits=PATIENT, **feed):
    made = Feed(id="cam-1", name="Gate", url=url, protocol=Protocol.SNAPSHOT, **feed)
    return open_source(made, limits, now=lambda: NOW)


def test_a_picture_comes_with_our_time_and_the_digest_of_its_bytes(camera):
    source = source_of(camera.url("/fixed.jpg"))
    frame, again = source.look(), source.look()
    assert frame.image.shape == (240, 320, 3)
    assert frame.captured_at == NOW
    assert frame.digest == again.digest
    assert source_of(camera.url("/live.jpg")).look().digest != frame.digest


@pytest.mark.parametrize("path", ["/basic.jpg", "/digest.jpg", "/both.jpg"])
def test_credentials_in_the_url_are_used_as_the_challenge_asks(camera, path):
    source = source_of(camera.url(path, USER, PASSWORD))
    assert source.look().width == 320
    assert source.look().width == 320


def test_the_password_is_not_sent_in_clear_where_digest_is_offered(camera):
    source_of(camera.url("/both.jpg", USER, PASSWORD)).look()
    sent = [headers.get("Authorization", "") for _, headers in camera.requests]
    assert sent[0] == ""
    assert sent[1].startswith("Digest ")
    assert len(sent) == 2


@pytest.mark.parametrize("path", ["/basic.jpg", "/digest.jpg"])
def test_a_challenge_once_answered_is_not_asked_for_again(camera, path):
    source = source_of(camera.url(path, USER, PASSWORD))
    source.look()
    camera.requests.clear()
    source.look()
    assert len(camera.requests) == 1


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("/401", errors.Unauthorised, "401"),
        ("/403", errors.Unauthorised, "403"),
        ("/basic.jpg", errors.Unauthorised, "check the feed's user and password"),
        ("/404", errors.Unreachable, "404"),
        ("/500", errors.Unreachable, "500"),
        ("/302", errors.Unreachable, "302 Found to http://***@127.0.0.1/login?token=***"),
        ("/204", errors.NotAnImage, "204"),
        ("/html", errors.NotAnImage, "text/html"),
        ("/logo", errors.NotAnImage, "image/jpeg, not a JPEG"),
        ("/empty.jpg", errors.NotAnImage, "0 bytes"),
        ("/truncated.jpg", errors.NotAnImage, "its end is missing"),
        ("/garbage.jpg", errors.NotAnImage, "truncated inside its header|broken"),
        ("/midway.jpg", errors.NotAnImage, "broke off after 2000 bytes"),
        ("/bomb.jpg", errors.NotAnImage, "20000×20000 pixels, more than the 4000000 allowed"),
        ("/bomb.png", errors.NotAnImage, "20000×20000 pixels"),
        ("/endless.jpg", errors.NotAnImage, "more than the 2000000 bytes"),
        ("/multipart", errors.NotAnImage, "protocol: stream"),
        ("/old.jpg", errors.Stale, "7200 s old"),
        ("/cached.jpg", errors.Stale, "7200 s old"),
        ("/exif_old.jpg", errors.Stale, "by its EXIF record the picture is 7200 s old"),
    ],
)
def test_what_is_no_fresh_picture_is_told_in_one_sentence(camera, path, error, words):
    with pytest.raises(error, match=words.replace("?", r"\?").replace("*", r"\*")):
        source_of(camera.url(path)).look()


@pytest.mark.parametrize("path", BROKEN_CHALLENGES)
def test_a_challenge_that_cannot_be_answered_is_unauthorised_each_time(camera, path):
    source = source_of(camera.url(path, USER, PASSWORD))
    for _ in range(2):
        with pytest.raises(errors.Unauthorised, match="its digest challenge is broken; set the camera's"):
            source.look()


def test_headers_that_are_not_ascii_are_passed_over_on_every_look(camera):
    source = source_of(camera.url("/odd_headers.jpg"))
    assert [source.look().captured_at for _ in range(3)] == [NOW] * 3
    assert "If-None-Match" not in camera.requests[-1][1]


@pytest.mark.parametrize("path", ["/never.jpg", "/drip.jpg"])
def test_a_server_that_does_not_get_done_is_timed_out(camera, path):
    camera.picture = jpeg(scene(width=1280, height=960), quality=100)
    with pytest.raises(errors.TimedOut, match=r"0\.8 s"):
        source_of(camera.url(path), limits=QUICK).look()


def test_nobody_listening_is_unreachable():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(errors.Unreachable, match=r"(?i)refused; check the address and that the camera is on$"):
            source_of(f"http://127.0.0.1:{held.getsockname()[1]}/x.jpg").look()


def test_a_host_without_an_address_is_unreachable():
    with pytest.raises(errors.Unreachable, match=r"no-such-camera\.invalid"):
        source_of("http://no-such-camera.invalid/x.jpg").look()


def test_a_url_that_is_none_is_told_on_the_look():
    source = source_of("http://me:hush@10.0.0.1:port/x.jpg")
    with pytest.raises(errors.Unreachable, match=r"http://\*\*\*@10\.0\.0\.1:port/x\.jpg: Invalid port"):
        source.look()


def test_a_wrong_content_type_with_a_real_picture_is_a_picture(camera):
    assert source_of(camera.url("/wrong_type.jpg")).look().width == 320


def test_the_age_is_taken_on_the_cameras_own_clock(camera):
    """The camera's clock is a quarter of a century behind; the picture is one second old all the same."""
    for path in ("/fresh.jpg", "/exif_fresh.jpg"):
        assert source_of(camera.url(path)).look().captured_at == NOW - timedelta(seconds=1)


def test_how_old_a_picture_may_be_is_the_feeds_word(camera):
    frame = source_of(camera.url("/old.jpg"), max_age_s=10_000).look()
    assert frame.captured_at == NOW - timedelta(hours=2)


def test_not_modified_is_stale_until_the_picture_changes(camera):
    source = source_of(camera.url("/etag.jpg"))
    first = source.look()
    with pytest.raises(errors.Stale, match="304"):
        source.look()
    camera.picture = jpeg(scene(9))
    assert source.look().digest != first.digest


def test_a_server_whose_tag_never_changes_still_shows_every_second_picture(camera):
    source = source_of(camera.url("/always_304.jpg"))
    first = source.look()
    with pytest.raises(errors.Stale):
        source.look()
    assert source.look().digest != first.digest


def test_a_camera_that_comes_back_is_seen_again(camera):
    """A source keeps nothing of a failed visit."""
    source = source_of(camera.url("/fixed.jpg"))
    whole = camera.picture
    camera.picture = b""
    with pytest.raises(errors.NotAnImage):
        source.look()
    camera.picture = whole
    assert source.look().width == 320


def test_the_picture_may_change_its_size_between_visits(camera):
    source = source_of(camera.url("/fixed.jpg"))
    assert source.look().width == 320
    camera.picture = jpeg(scene(width=640, height=480))
    assert source.look().width == 640


def test_frames_of_a_snapshot_is_one_frame(camera):
    assert len(list(source_of(camera.url("/live.jpg")).frames(every_s=1))) == 1


@pytest.mark.parametrize("path", ["/401", "/404", "/html", "/old.jpg", "/never.jpg"])
def test_credentials_are_in_no_error(camera, path):
    source = source_of(camera.url(path + "?token=hush-hush", "admin", "s3cret"), limits=QUICK)
    with pytest.raises(errors.SourceError) as caught:
        source.look()
    text = "".join(traceback.format_exception(caught.value)[-1:]) + repr(caught.value) + repr(caught.value.__cause__)
    assert not [secret for secret in ("admin", "s3cret", "hush-hush") if secret in text]


@pytest.mark.parametrize(
    ("enough_px", "size"),
    [(None, (1920, 1080)), (512, (960, 540)), (480, (480, 270)), (1000, (1920, 1080))],
)
def test_a_large_jpeg_is_decoded_no_larger_than_is_enough_and_keeps_its_file(camera, enough_px, size):
    """The model sees the small picture; evidence is made from the file that came."""
    camera.picture = jpeg(scene(width=1920, height=1080))

    frame = source_of(camera.url("/fixed.jpg"), limits=Limits(enough_px=enough_px)).look()

    assert (frame.width, frame.height) == size
    assert frame.encoded == (camera.picture if size != (1920, 1080) else None)


def connections_of(camera, path, looks=3, feeds=1):
    before = camera.connections
    sources = [source_of(camera.url(path)) for _ in range(feeds)]
    for _ in range(looks):
        assert all(source.look().width == 320 for source in sources)
    return camera.connections - before


def test_feeds_of_one_host_share_a_connection_that_is_kept():
    with Camera() as gateway:
        assert connections_of(gateway, "/live.jpg", looks=2, feeds=4) == 1


def test_a_camera_that_closes_after_each_answer_is_asked_over_a_new_connection():
    with Camera() as closing:
        assert connections_of(closing, "/closes.jpg") == 3


def test_a_kept_connection_that_breaks_when_it_is_used_again_costs_nothing_but_a_new_one():
    with Camera() as breaking:
        assert connections_of(breaking, "/breaks.jpg") == 3


def test_a_camera_that_is_gone_is_not_seen_over_a_connection_that_was_kept():
    with Camera() as camera:
        source = source_of(camera.url("/live.jpg"))
        source.look()
    with pytest.raises(errors.Unreachable, match="refused"):
        source.look()


def test_what_one_camera_sets_as_a_cookie_is_not_sent_again(camera):
    source = source_of(camera.url("/cookie.jpg"))
    source.look()
    source.look()
    assert "Cookie" not in camera.requests[-1][1]


def test_caches_are_asked_to_look_anew(camera):
    source_of(camera.url("/live.jpg?channel=1")).look()
    path, headers = camera.requests[-1]
    assert (path, headers["Cache-Control"]) == ("/live.jpg?channel=1", "no-cache")


@pytest.mark.parametrize(("query", "joint"), [("", "?"), ("?sign=a%2Fb", "&")])
def test_each_look_has_an_address_of_its_own_where_that_is_asked_for(camera, query, joint):
    """The rest of the address stays to the letter: gateways sign it."""
    source_of(camera.url("/live.jpg" + query), fresh_query="_t").look()
    assert camera.requests[-1][0] == f"/live.jpg{query}{joint}_t={NOW.timestamp():.3f}"


def test_a_gateways_logo_in_place_of_the_picture_is_no_picture(camera):
    """From the first look where the address is a known gateway's, elsewhere once it has sent JPEG."""
    for path, has_seen in (("/index/api/getSnap?url=x&secret=hush", False), ("/logo.png", True)):
        source = source_of(camera.url(path))
        camera.offline = False
        if has_seen:
            source.look()
        camera.offline = True
        for _ in range(2):
            with pytest.raises(errors.NotAnImage, match="a gateway's logo in place of the camera's picture"):
                source.look()
    camera.offline = True
    assert source_of(camera.url("/logo.png")).look().width == 320
    camera.offline = False
