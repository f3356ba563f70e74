"""The Chinese font of charts and maps: Noto Sans SC from the package pylopdf-fonts-zh-cn (OFL).

System fonts are never looked for, so that a page looks the same on every machine.
"""

from functools import cache
from importlib import resources

from matplotlib.font_manager import FontProperties

from forecast.common.errors import InputError

_PACKAGE, _FILE = "pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"


@cache
def font_file() -> str:
    """Path of the font file.

    Raises:
        InputError: The package is not installed or has no such file.
    """
    try:
        path = resources.files(_PACKAGE) / _FILE
        found = path.is_file()
    except ModuleNotFoundError:
        found = False
    if not found:
        msg = (
            f"The Chinese font '{_FILE}' of the package 'pylopdf-fonts-zh-cn' is not installed; "
            "install the project's requirements."
        )
        raise InputError(msg)
    return str(path)


def font(size: float) -> FontProperties:
    """Noto Sans SC in points."""
    return FontProperties(fname=font_file(), size=size)
