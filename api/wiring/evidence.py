"""The evidence store that the settings name."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from api.datafolder import DataFolder
from api.errors import EvidenceUnfit
from api.evidence import EvidenceStore, FolderEvidence
from configs.settings import EvidenceSettings

_RIGHT = "write file:///folder, s3://bucket or s3://bucket/prefix, or nothing for the data folder"


def open_evidence(settings: EvidenceSettings, folder: DataFolder) -> EvidenceStore:
    """Return the evidence store: a bucket or folder of the settings, or one in the data folder.

    A server that is away is no fault here: it is told when a picture is to be kept, and may come back.

    Raises
    ------
    api.errors.EvidenceUnfit
        When it is of an unknown kind, its folder cannot be made or what it needs is not installed.
    """
    url = _text(settings.store)
    if url and url.startswith("s3://"):
        return _bucket(settings, url)
    try:
        return FolderEvidence(
            _folder(url) if url else folder.evidence, min_free_bytes=int(settings.min_free_mb * 1e6)
        )
    except OSError as error:
        raise EvidenceUnfit(
            f"the evidence folder cannot be made ({error.strerror}); mend evidence.store, or make it writable"
        ) from error


def _folder(url: str) -> Path:
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc or not parts.path:
        raise EvidenceUnfit(f"the evidence cannot be kept there; {_RIGHT}")
    return Path(unquote(parts.path))


def _bucket(settings: EvidenceSettings, url: str) -> EvidenceStore:
    path = url.removeprefix("s3://").strip("/")
    if not path or "@" in path:
        raise EvidenceUnfit(f"the evidence's bucket is not named; {_RIGHT}, and keys in evidence.access_key")
    try:
        from api.s3evidence import Bucket, S3Evidence  # noqa: PLC0415 - an extra, and slow to import
    except ModuleNotFoundError as error:
        raise EvidenceUnfit("evidence in a bucket needs s3fs; pip install 'gridpatrol[s3]'") from error
    return S3Evidence(
        Bucket(
            path,
            endpoint=_text(settings.endpoint),
            access_key=_text(settings.access_key),
            secret_key=_text(settings.secret_key),
            path_style=settings.path_style,
        )
    )


def _text(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
