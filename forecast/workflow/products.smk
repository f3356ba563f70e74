# Products depend on the decision of the gate, never on the files of a member or of the preparation:
# they may be those of an earlier cycle.

from forecast.workflow.product_files import product_files


rule combine:
    input:
        PLAN.relative(RUN.members),
    output:
        PLAN.relative(RUN.ensemble),
    log:
        PLAN.relative(RUN.log("combine")),
    resources:
        **PLAN.stage_resources,
    params:
        stage=PLAN.command,
    shell:
        "{params.stage} combine --run . --revision {RUN.revision} >> {log} 2>&1"


rule index:
    input:
        PLAN.relative(RUN.members),
    output:
        PLAN.relative(RUN.cities, RUN.forecasts),
    log:
        PLAN.relative(RUN.log("index")),
    resources:
        **PLAN.stage_resources,
    params:
        stage=PLAN.command,
    shell:
        "{params.stage} index --run . --revision {RUN.revision} >> {log} 2>&1"


rule warn:
    input:
        PLAN.relative(RUN.members, RUN.cities, RUN.forecasts),
    output:
        PLAN.relative(RUN.warnings),
    log:
        PLAN.relative(RUN.log("warn")),
    resources:
        **PLAN.stage_resources,
    params:
        stage=PLAN.command,
    shell:
        "{params.stage} warn --run . --revision {RUN.revision} >> {log} 2>&1"


rule publish:
    input:
        PLAN.relative(*product_files(RUN)),
    output:
        PLAN.relative(RUN.manifest),
    log:
        PLAN.relative(RUN.log("publish")),
    resources:
        **PLAN.stage_resources,
    params:
        stage=PLAN.command,
    shell:
        "{params.stage} publish --run . --revision {RUN.revision} >> {log} 2>&1"
