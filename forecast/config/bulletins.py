"""What the bulletins say about who issues them, and the files they are drawn from."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from forecast.config.base import Model


class Language(StrEnum):
    """Languages that the bulletins are written in."""

    CHINESE = "zh-CN"


class BulletinConfig(Model):
    """Issuing body, fixed lines and files of the bulletins."""

    language: Language = Language.CHINESE
    """Language of the pages."""
    region_name: Annotated[str, Field(min_length=1)] = "山东省"
    """Name of the whole region in the titles."""
    issuing_body: Annotated[str, Field(min_length=1)] = "空气质量集合预报系统（自动生成）"
    """Who stands behind the bulletin; the bureau writes its own name here."""
    contact: str = ""
    """Telephone, mail or address to ask; the line is left out when empty."""
    status_note: Annotated[str, Field(min_length=1)] = (
        "本页是模式自动产品，预警等级为建议；是否发布、何时启动，以会商和签发的文件为准。"
    )
    """What standing the product has, printed on every page."""
    exercise_mark: Annotated[str, Field(min_length=1)] = "案例回算，非业务发布"
    """Mark printed on every page of a case that is no operational forecast (`case.exercise`)."""
    boundary_note: Annotated[str, Field(min_length=1)] = (
        "图中界线仅为示意，未经地图审核，不作为划界依据。"
    )
    """What is to be said about the boundaries; with a reviewed map, its review number."""
    advice_file: str = "configs/bulletins/advice.yaml"
    """Wording of the advice to the public and of the actions by response level."""
    trend_days: Annotated[int, Field(ge=1, le=10)] = 7
    """Days shown in the trend; days that the data do not reach are shown as such."""
