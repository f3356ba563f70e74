"""One cycle as a Snakemake workflow: rules, launch, lock, progress."""
