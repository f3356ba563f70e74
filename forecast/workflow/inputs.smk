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


# The store is no declared input: readings come all the time, and what matters is what is there now.
if PLAN.observations:

    rule observe:
        input:
            PLAN.relative(RUN.configuration),
        output:
            PLAN.relative(RUN.observations),
        log:
            PLAN.relative(RUN.log("observe")),
        resources:
            **PLAN.stage_resources,
        params:
            stage=PLAN.command,
        shell:
            "{params.stage} observe --run . >> {log} 2>&1"


# Members begin from the states of this stage and emit by its factors: `perturb`, and so the members,
# wait for it. States are not declared: which there are is what the stage finds out.
if PLAN.configuration.assimilation.enabled:

    rule assimilate:
        input:
            PLAN.relative(RUN.start_plan),
            PLAN.observations,
        output:
            PLAN.relative(RUN.analysis_record),
        log:
            PLAN.relative(RUN.log("assimilate")),
        resources:
            **PLAN.stage_resources,
        params:
            stage=PLAN.command,
        shell:
            "{params.stage} assimilate --run . >> {log} 2>&1"


rule perturb:
    input:
        PLAN.relative(RUN.meteorology, RUN.emissions),
        PLAN.observations,
        PLAN.analysis,
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


# Needs nothing but the configuration, so it runs beside the preparation: once for every type of
# processor that members may get, one after the other.
rule warm:
    input:
        lambda wildcards: PLAN.before_warm(wildcards.processor),
    output:
        PLAN.relative(PLAN.warm_stamp("{processor}")),
    resources:
        **PLAN.warm_resources,
    params:
        stage=PLAN.command,
        log=PLAN.relative(RUN.log("warm")),
    # one log for all: a log of Snakemake's would have to be named after the type
    shell:
        "mkdir -p $(dirname {params.log}) && "
        "{params.stage} warm --run . >> {params.log} 2>&1 && touch {output}"
