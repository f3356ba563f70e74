"""From names and files to one frozen `Configuration`, with all errors reported at once.

The layers, later ones winning: the defaults of the models (which `configs/default.yaml` shows),
the file of the case, that of the site, files of the user, and `key.path=value` settings. A
`domain` given by name is replaced by the content of `configs/domains/NAME.yaml`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from forecast.common.errors import ConfigurationError
from forecast.config.root import Configuration
from forecast.config.yaml_file import parse_yaml, read_yaml, write_yaml

PROJECT = Path(__file__).resolve().parents[2]
"""Folder of the checkout; relative paths of the configuration start here."""

Layer = tuple[str, Mapping[str, Any]]


def case_names() -> tuple[str, ...]:
    """Names of the cases in `configs/cases`."""
    return tuple(sorted(path.stem for path in (PROJECT / "configs" / "cases").glob("*.yaml")))


def site_names() -> tuple[str, ...]:
    """Names of the sites in `configs/sites`."""
    return tuple(sorted(path.stem for path in (PROJECT / "configs" / "sites").glob("*.yaml")))


def resolve(
    case: str | None = None,
    *,
    domain: str | None = None,
    site: str | None = None,
    files: Sequence[Path] = (),
    settings: Sequence[str] = (),
) -> Configuration:
    """Build the configuration of a run.

    Args:
        case: Name of a case in `configs/cases`; None takes the defaults.
        domain: Name of a domain in `configs/domains`, over what the case says.
        site: Name of a site in `configs/sites`, or the path of such a file.
        files: YAML files of the user, in order.
        settings: `key.path=value` texts; the value is read as YAML.

    Returns:
        The checked, frozen configuration.

    Raises:
        ConfigurationError: Anything is unknown or wrong; the text lists every error with its
            path and the layer it stands in.
    """
    layers: list[Layer] = []
    if case is not None:
        layers.append(_case_layer(case))
    if site:
        layers.append(_site_layer(site))
    layers += [_file_layer(path) for path in files]
    if domain is not None:
        layers.append(("--domain", {"domain": domain}))
    layers += [_setting_layer(text) for text in settings]
    merged: dict[str, Any] = {}
    for _, content in layers:
        merged = _merge(merged, content)
    if isinstance(merged.get("domain"), str):
        merged["domain"] = _domain(merged["domain"])
    return _validate(merged, layers)


def read_resolved(path: Path) -> Configuration:
    """Read a configuration that `write_resolved` made, as kept beside every run."""
    content = read_yaml(path)
    return _validate(content, [(str(path), content)])


def write_resolved(configuration: Configuration) -> str:
    """Write every value of a configuration as YAML text."""
    return write_yaml(configuration.model_dump(mode="json"))


def project_path(text: str | Path) -> Path:
    """Resolve a path of the configuration: relative ones start at the checkout."""
    path = Path(text).expanduser()
    return path if path.is_absolute() else PROJECT / path


def _case_layer(case: str) -> Layer:
    path = PROJECT / "configs" / "cases" / f"{case}.yaml"
    if not path.is_file():
        msg = f"There is no case '{case}'; configs/cases has {', '.join(case_names())}."
        raise ConfigurationError(msg)
    return _file_layer(path)


def _site_layer(site: str) -> Layer:
    """Read a site: what its file holds goes under the key `site`."""
    known = PROJECT / "configs" / "sites" / f"{site}.yaml"
    path = known if known.is_file() else Path(site).expanduser()
    if not path.is_file():
        msg = (
            f"There is no site '{site}'; configs/sites has {', '.join(site_names())}. A site may "
            "also be the path of a file; docs/site_porting.md says what goes into it."
        )
        raise ConfigurationError(msg)
    name, content = _file_layer(path)
    return name, {"site": content}


def _file_layer(path: Path) -> Layer:
    content = read_yaml(path)
    if not isinstance(content, Mapping):
        msg = f"'{path}' holds {type(content).__name__}; a mapping of settings was expected."
        raise ConfigurationError(msg)
    return str(path), content


def _setting_layer(text: str) -> Layer:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        msg = f"The setting '{text}' is not of the form key.path=value, such as ensemble.members=6."
        raise ConfigurationError(msg)
    content: Any = parse_yaml(value, f"--set {text}")
    for part in reversed(key.strip().split(".")):
        content = {part: content}
    return f"--set {text}", content


def _domain(name: str) -> Any:
    path = PROJECT / "configs" / "domains" / f"{name}.yaml"
    if not path.is_file():
        known = sorted(entry.stem for entry in path.parent.glob("*.yaml"))
        msg = f"There is no domain '{name}'; configs/domains has {', '.join(known)}."
        raise ConfigurationError(msg)
    return read_yaml(path)


def _merge(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in top.items():
        below = merged.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = _merge(below, value) if both else value  # type: ignore[arg-type]
    return merged


def _validate(content: Any, layers: Sequence[Layer]) -> Configuration:
    try:
        return Configuration.model_validate(content)
    except ValidationError as error:
        lines = [
            f"  {'.'.join(map(str, item['loc'])) or '(root)'}: {item['msg']}"
            f" (found {item['input']!r:.80}) in {_origin(item['loc'], layers)}"
            for item in error.errors()
        ]
        msg = f"The configuration has {len(lines)} error(s):\n" + "\n".join(lines)
        raise ConfigurationError(msg) from error


def _origin(location: tuple[int | str, ...], layers: Sequence[Layer]) -> str:
    """Name the last layer that says something about a location."""
    for name, content in reversed(layers):
        node: Any = content
        for part in location:
            if not isinstance(node, Mapping) or part not in node:
                break
            node = node[part]
        else:
            return name
    return "the defaults" if not layers else layers[-1][0]
