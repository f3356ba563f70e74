# The members. A member never fails the workflow: its only declared output is a stamp that says that
# it has ended, and its status file says how. Output, status and checkpoints are not declared,
# because Snakemake removes the outputs of a job that is killed.


rule run_member:
    input:
        PLAN.relative(RUN.static, RUN.meteorology, RUN.emissions, RUN.boundary, *PLAN.warm_stamps),
        PLAN.relative(RUN.perturbation("{member}")),
    output:
        PLAN.relative(RUN.stamp("{member}")),
    resources:
        **PLAN.member_resources,
    params:
        stage=PLAN.command,
        ranked=PLAN.ranked_command,
        log=PLAN.relative(RUN.log("run_member", "{member}")),
    # Snakemake would remove a log of its own at every try, and with it why the one before ended.
    # The trap keeps an interrupted member from being written down as a failed one. `close_member`
    # ends with an error, and without the stamp, when the member is to be started again. The name of
    # this launch tells it whether another process has taken the member over meanwhile.
    shell:
        "trap 'exit 130' INT TERM HUP; mkdir -p $(dirname {params.log}); "
        "launch=$(cat /proc/sys/kernel/random/uuid); "
        "{resources.mpi} -n {resources.tasks} {params.ranked} run_member --run . "
        "--member {wildcards.member} --ranks {resources.tasks} --launch $launch >> {params.log} 2>&1 "
        "|| {params.stage} close_member --run . --member {wildcards.member} "
        "--launch $launch --exit-code $? >> {params.log} 2>&1"
