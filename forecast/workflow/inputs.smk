# From files of others to inputs on the model grid, and what each member changes in them.


# restarts of earlier cycles are no inputs: whether one can be used is what this stage finds out
rule start:
    input:
        PLAN.relative(RUN.configuration),
    output:
        PLAN.relative(RUN.start_plan),
    log:
        PLAN.relative(RUN.log("start")),
    resources:
        **PLAN.stage_resources,
    params:
        stage=PLAN.command,
    shell:
        "{params.stage} start --run . >> {log} 2>&1"


rule prepare:
    input:
        PLAN.inputs,
        PLAN.relative(RUN.start_plan),
    output:
        PLAN.relative(RUN.static, RUN.meteorology, RUN.emissions, RUN.boundary, RUN.city_weights),
    log:
        PLAN.relative(RUN.log("prepare")),
    resources:
        **PLAN.stage_resources,
    params:
        stage=PLAN.command,
    shell:
        "{params.stage} prepare --run . >> {log} 2>&1"


rule perturb:
    input:
        PLAN.relative(RUN.meteorology, RUN.emissions),
    output:
        PLAN.relative(*map(RUN.perturbation, PLAN.members)),
    log:
        PLAN.relative(RUN.log("perturb")),
    resources:
        **PLAN.stage_resources,
    params:
        stage=PLAN.command,
    shell:
        "{params.stage} perturb --run . >> {log} 2>&1"


# needs nothing but the configuration, so it runs beside the preparation
rule warm:
    input:
        PLAN.relative(RUN.configuration),
    output:
        PLAN.relative(RUN.warm_stamp),
    log:
        PLAN.relative(RUN.log("warm")),
    resources:
        **PLAN.stage_resources,
    params:
        stage=PLAN.command,
    shell:
        "{params.stage} warm --run . >> {log} 2>&1"
