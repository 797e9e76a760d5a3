"""Git repositories and bundles at a revision: each file of code or prose is a document."""

import posixpath
from collections.abc import Iterator
from pathlib import Path

from etude.errors import ConfigError, blame
from etude.store.readers._base import FileReader, Part
from etude.store.readers._decode import decode, kept
from etude.store.readers._files import File, is_local, stored_path, told_path
from etude.store.readers._git import Blob, Repository, is_repository
from etude.store.readers._kinds import is_code, is_prose, media_type_of
from etude.store.readers._licences import header_licence
from etude.store.readers._rows import Aside, DamageError, Found
from etude.store.readers.sdist import Licences, tells_licence


class GitReader(FileReader, frozen=True, kw_only=True):
    """Reads repositories on local disk, bare or not, and bundles, with the licence of each file.

    Files whose names tell neither code nor prose are passed over, and so are licence texts.
    """

    revision: str = "HEAD"
    """Branch, tag or commit to read."""
    base_url: str = ""
    """Put before a file's path to make its URL."""

    def parts(self) -> list[Part]:
        """Find the repositories: `paths` themselves, or those right below them.

        Raises:
            ConfigError: A path leads nowhere, is not local, or holds no repository.
        """
        found: dict[str, None] = {}
        for path in self.paths:
            if not is_local(path) or not Path(path).exists():
                raise ConfigError(f"{path}: there is no such repository on local disk")
            inner = sorted(Path(path).iterdir()) if Path(path).is_dir() else []
            with blame(ConfigError, f"cannot list {path}"):
                chosen = [path] if is_repository(Path(path)) else []
                chosen = chosen or [str(one) for one in inner if is_repository(one)]
            if not chosen:
                raise ConfigError(f"{path}: is no git repository or bundle, and holds none")
            found |= dict.fromkeys(chosen)
        return [Part(paths=(told_path(path),)) for path in sorted(found)]

    def named(self, part: Part) -> list[File]:
        """Return the repositories of a part, called by the names of their folders."""
        names = [posixpath.basename(path.rstrip("/")) for path in part.paths]
        return [File(path, name) for path, name in zip(part.paths, names, strict=True)]

    def documents(self, file: File, part: Part, aside: Aside) -> Iterator[Found]:
        """Yield the files of one repository."""
        with Repository(stored_path(file.path)) as repository:
            commit, date = repository.commit(self.revision)
            blobs = list(repository.blobs(commit))
            licences = self._licences(repository, blobs)
            for blob in blobs:
                if tells_licence(blob.path) or not (is_code(blob.path) or is_prose(blob.path)):
                    aside.pass_over("file that is not read")
                    continue
                found = self._document(repository, file, blob, aside)
                if found is not None:
                    found.source = f"{file.path}@{commit}#{blob.path}"
                    found.url = self.base_url + blob.path if self.base_url else ""
                    found.date = date
                    found.licence = found.licence or licences.of(blob.path)
                    found.tags = {"repository": file.name, "commit": commit, **found.tags}
                    yield found

    def _licences(self, repository: Repository, blobs: list[Blob]) -> Licences:
        licences = Licences()
        for blob in blobs:
            if tells_licence(blob.path):
                try:
                    text = repository.read(blob, self.max_document_bytes).decode("utf-8", "replace")
                except DamageError:
                    continue
                licences.learn(blob.path, text)
        return licences

    def _document(
        self, repository: Repository, file: File, blob: Blob, aside: Aside
    ) -> Found | None:
        place = f"{file.name}/{blob.path}"
        if not blob.size:
            aside.pass_over("empty file")
            return None
        if not aside.lets(place):
            return None
        try:
            data = repository.read(blob, self.max_document_bytes)
            decoded = decode(data)
        except DamageError as damage:
            aside(place, str(damage))
            return None
        if data.isspace():
            aside.pass_over("empty file")
            return None
        return Found(
            id=place,
            text=kept(data, decoded),
            source="",
            media_type=media_type_of(blob.path),
            licence=header_licence(decoded.text),
            tags=decoded.tags(),
        )
