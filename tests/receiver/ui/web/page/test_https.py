"""The page over https, in a browser that trusts the user's own authority, or does not."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from receiver.ui.web.certificate import CA_FILE
from receiver.ui.web.search import Options
from receiver.ui.web.server import serve

GIVEN = "return [isSecureContext, 'geolocation' in navigator, 'wakeLock' in navigator]"


def trust(program: str, home: Path, pem: bytes) -> None:
    """Install an authority, as the owner of a phone does."""
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    (home / "ca.crt").write_bytes(pem)
    said = ["-A", "-t", "C,,", "-n", "baksan", "-i", str(home / "ca.crt")]
    for words in (["-N", "--empty-password"], said):
        subprocess.run([program, "-d", f"sql:{store}", *words], check=True, timeout=30)


@pytest.mark.peer("chromium")
@pytest.mark.peer("certutil")
def test_who_trusts_the_authority_has_a_secure_page_that_opens_away_from_the_laptop(
    peer: Callable[[str], str], browser_at: Any, laptop: Any, tmp_path: Path
) -> None:
    stranger, phone = tmp_path / "stranger", tmp_path / "phone"
    stranger.mkdir()
    with serve(laptop.search, Options(port=0, folder=tmp_path, https=True)) as serving:
        other = browser_at(stranger)
        other.driver.get(serving.url)
        assert "ERR_CERT_AUTHORITY_INVALID" in other.text("body")
        trust(peer("certutil"), phone, (tmp_path / CA_FILE).read_bytes())
        browser = browser_at(phone)
        browser.join(serving.invite("operator"), "Zaur")
        assert browser.run(GIVEN) == [True, True, True]
        browser.until(lambda: browser.run("return navigator.serviceWorker.controller !== null"))
    browser.driver.refresh()
    browser.until(lambda: "laptop away" in browser.text("#top"))
    browser.find("#deeds .heard")
