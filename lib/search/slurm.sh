#!/bin/bash
#SBATCH --job-name=nas
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive
#SBATCH --no-kill
# A run over all nodes of a Slurm job, by Ray's own launcher. From the project's folder, which all nodes see:
#
#   sbatch --cpus-per-task=16 --gpus-per-node=1 --time=8:00:00 lib/search/slurm.sh 02_nasdip --profile desk
#
# Options before the script are Slurm's, those after it go to `python -m lib run`. The whole nodes, since the launcher
# ends with `ray stop`, which spares no other Ray of yours there. HEAD_ADDRESS names another network of the first node.
set -euo pipefail

cd "${SLURM_SUBMIT_DIR:?submit this script with sbatch}"
PATH="$PWD/.venv/bin:$PATH"                         # or the conda environment from which it was submitted
PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}"        # candidates import this checkout
RAY_AUTH_MODE=token RAY_USAGE_STATS_ENABLED=0 RAY_SYMMETRIC_RUN_CLUSTER_WAIT_TIMEOUT=300
RAY_AUTH_TOKEN=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n') # of this job alone
export PATH PYTHONPATH RAY_AUTH_MODE RAY_USAGE_STATS_ENABLED RAY_SYMMETRIC_RUN_CLUSTER_WAIT_TIMEOUT RAY_AUTH_TOKEN

read -r first _ <<< "${HEAD_ADDRESS:-$(hostname -I)}" # this script runs on the first node
address="$first:$((20000 + SLURM_JOB_ID % 10000))"  # above the ports of Ray's workers
cpus=${SLURM_CPUS_PER_TASK:-1}

exec srun --ntasks-per-node=1 --cpus-per-task="$cpus" --no-kill --kill-on-bad-exit=0 --wait=0 \
    ray symmetric-run --address "$address" --min-nodes "$SLURM_JOB_NUM_NODES" --num-cpus="$cpus" -- \
    python -m lib run --workers "ray:$address" "$@"
