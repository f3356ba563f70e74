"""One cycle in two halves: from inputs to the members, and from a decision to its products.

The driver (`forecast run`, forecast/workflow/driver.py) starts the target `members` once, decides
at the clock's cutoffs who is in, and starts the target `products` for each decision, with
`--config revision=N`. Both work in the folder of the run (`--directory runs/{cycle}`), where the
resolved configuration lies; everything is named relative to it. Functions live in
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
    processor=r"[A-Za-z0-9_+-]+",


# the checkout that holds this file is the one that the stages run
shell.prefix(PLAN.environment(Path(workflow.basedir)))


# no work of their own; small stages go to a batch system together (`groups` in the profiles)
localrules:
    members,
    products,


# a member leaves its stamp however it ends; the decision who is in is not a rule, since it must
# not wait for all of them
rule members:
    default_target: True
    input:
        PLAN.relative(*map(RUN.stamp, PLAN.members)),


rule products:
    input:
        PLAN.relative(RUN.manifest),


# the products know nothing of the rules that make inputs and members, and so can never start them
if "revision" in config:

    include: "forecast/workflow/products.smk"

else:

    include: "forecast/workflow/inputs.smk"
    include: "forecast/workflow/members.smk"
