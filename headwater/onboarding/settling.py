"""A proposal becomes a tenant: its YAML file is written, and its files are put into the landing
zone.
"""

import re
import shutil
from pathlib import Path

from headwater.onboarding.fetching import SampleError
from headwater.onboarding.page import page_of
from headwater.onboarding.proposal import Files, Proposal
from lakehouse.base.errors import UserError
from lakehouse.intake.landing import checksum, folder_of
from settings.model import Settings, Tenant, load_settings
from settings.places import conf_folder
from settings.yaml_files import value_of

NAME = re.compile(r"[a-z][a-z0-9_]*")  # part of DAG ids, of names of models and of folders


class TenantExists(UserError):
    """There is such a tenant, or a delivery of its, and nothing was said of replacing it."""


def refuse_name(name: str, path: Path, *, force: bool) -> None:
    """Whether the tenant may be written.

    Raises:
        ValueError: the name is none.
        TenantExists: there is one, and `force` is not given.
    """
    if not NAME.fullmatch(name):
        raise ValueError(
            f"'{name}' is no name of a tenant: small letters, digits and underscores, a letter"
            " first, such as my_shop"
        )
    if path.exists() and not force:
        raise TenantExists(
            f"{path} exists. `headwater tenant check {name}` tries it; --force writes it anew, and"
            " what was changed in it is lost"
        )


def written(proposal: Proposal, path: Path) -> Path:
    """Write the tenant's file, once it is known to load."""
    text = page_of(proposal)
    Tenant.model_validate({"name": proposal.name, **value_of(text, str(path))})
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    return part.replace(path)


def landed(settings: Settings, proposal: Proposal, files: Files, *, force: bool) -> list[Path]:
    """Copy the files into the landing zone as the deliveries of one arrival day; a source that
    reads another's folder needs no copy.

    Raises:
        TenantExists: another file lies there under the same name, and `force` is not given.
    """
    pairs = places(settings, proposal, files, force=force)
    for path, target in pairs:
        target.parent.mkdir(parents=True, exist_ok=True)
        # a name that begins with a dot is not taken for a delivery
        part = target.with_name(f".{target.name}.part")
        if path.resolve() != target.resolve():
            shutil.copyfile(path, part)
            part.replace(target)
    return [target for _, target in pairs]


def places(
    settings: Settings, proposal: Proposal, files: Files, *, force: bool
) -> list[tuple[Path, Path]]:
    """Each file and where it is landed.

    Raises:
        SampleError: two files of a source have the same name.
        TenantExists: another file lies there under the same name, and `force` is not given.
    """
    pairs = [
        (p, folder_of(settings, name) / str(proposal.arrived_on) / p.name.lstrip("._"))
        for name, ps in files.items()
        for p in ps
    ]
    targets = [target for _, target in pairs]
    if twice := sorted({str(t) for t in targets if targets.count(t) > 1}):
        raise SampleError(
            f"two files of one source have the same name: {', '.join(twice)}. Rename one"
        )
    others = [
        target for path, target in pairs if target.exists() and checksum(target) != checksum(path)
    ]
    if others and not force:
        raise TenantExists(f"{others[0]} exists and is another file. --force replaces it")
    return pairs


def settings_of(proposal: Proposal, folder: Path) -> Settings:
    """The settings as they would be with the tenant's file, which is written into a copy of conf/
    in `folder` alone.
    """
    shutil.copytree(conf_folder(), folder / "conf")
    written(proposal, folder / "conf/tenants" / f"{proposal.name}.yml")
    return load_settings(proposal.name, folder / "conf")


def landed_beside(settings: Settings, proposal: Proposal, files: Files, folder: Path) -> Settings:
    """The settings with a landing zone in `folder`, where the files are linked as if they had been
    landed; they are not copied.
    """
    paths = settings.paths.model_copy(update={"landing": folder / "landing"})
    beside = settings.model_copy(update={"paths": paths})
    for path, target in places(beside, proposal, files, force=False):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(path.resolve())
    return beside
