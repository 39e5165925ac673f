#!/usr/bin/env bash
# Runs all reference solutions, all cheats and the timer against itself, and writes raw results.
#
#   docs/benchmarks/h100.sh OUT
#
# On a machine with an NVIDIA GPU, PyTorch, Triton and nvcc it measures the Triton and CUDA solutions at `gpu` size in
# under ten minutes. Without a GPU it takes the CPU path with the C++ solutions, which says nothing about a GPU.
# Settings of the device are never changed.
#
# Environment: PYTHON (default python3), DEVICE (cuda or cpu; default: what is there), SIZE (tiny, cpu or gpu),
# SECONDS_LIMIT (540), PAIRS (15), TIMES (3).
set -euo pipefail

if [ "$#" -ne 1 ]; then
  echo "usage: $0 OUT" >&2
  exit 2
fi
out=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
python=${PYTHON:-python3}

if ! "$python" -c 'import sys, numpy, torch; sys.exit(sys.version_info < (3, 10))'; then
  echo "$python needs to be Python 3.10 or later with NumPy and PyTorch (set PYTHON)." >&2
  exit 2
fi
device=${DEVICE:-$("$python" -c 'import torch; print("cuda" if torch.cuda.is_available() else "cpu")')}

if [ "$device" = cuda ]; then
  size=${SIZE:-gpu}
  "$python" -c 'import triton' || { echo "Triton is missing." >&2; exit 2; }
  command -v nvcc > /dev/null || [ -x /usr/local/cuda/bin/nvcc ] || { echo "nvcc is missing." >&2; exit 2; }
else
  size=${SIZE:-cpu}
fi

mkdir -p "$out"
if command -v nvidia-smi > /dev/null; then
  nvidia-smi -q -i 0 > "$out/nvidia-smi-before.txt" || true
fi
begun=$(date +%s)
status=0
PYTHONPATH="$root/harness" PYTHONDONTWRITEBYTECODE=1 "$python" -m overproof_harness suite \
  --fixtures "$root/test/fixtures/kernels" --to "$out" --device "$device" --size "$size" \
  --seconds "${SECONDS_LIMIT:-540}" --pairs "${PAIRS:-15}" --times "${TIMES:-3}" || status=$?
if command -v nvidia-smi > /dev/null; then
  nvidia-smi -q -i 0 > "$out/nvidia-smi-after.txt" || true
fi
rm -rf "$out/cache"
echo "device $device, size $size, $(($(date +%s) - begun)) s, results in $out/summary.json, exit $status"
exit "$status"
