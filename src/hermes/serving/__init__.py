"""Floor 11. HTTP."""

import os

# A request uses one core, and there is a worker for each: threads of BLAS would only take turns
# with the other worker, and spin while they wait.  Libraries read this when they are loaded, and
# workers are forks of a process that has loaded them: it is said here, before anything is.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
