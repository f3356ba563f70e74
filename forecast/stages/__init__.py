"""One function a workflow rule: read files, call science, write files. No arithmetic here."""
