"""One cycle: from meteorology and emissions to bulletins.

`forecast run` starts this in the folder of the run (`--directory runs/{cycle}`), where it has put
the resolved configuration. Everything is named relative to that folder. Functions live in
forecast/workflow/plan.py, paths in forecast/config/run.py.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir)))

from forecast.common.errors import ForecastError
from forecast.workflow.plan import Plan

try:
    PLAN = Plan.read(Path.cwd(), int(config.get("revision", 0)))
except ForecastError as error:
    raise WorkflowError(str(error)) from None

RUN = PLAN.run


wildcard_constraints:
    member=r"m\d\d+",


# the checkout that holds this file is the one that the stages run
shell.prefix(PLAN.environment(Path(workflow.basedir)))


# seconds of work: not worth the wait for a job of a batch system
localrules:
    all,
    start,
    perturb,
    gate,
    index,
    warn,


rule all:
    default_target: True
    input:
        PLAN.relative(RUN.manifest),


include: "forecast/workflow/inputs.smk"
include: "forecast/workflow/members.smk"
include: "forecast/workflow/products.smk"
