#!/usr/bin/env bash
# Builds everything for CUDA and, on a machine with a device, runs the GPU tests and bench_cuda and prints a table of what
# they said. Without a device it builds (if there is a compiler), says "skipped: no CUDA device" and succeeds.
#
#   scripts/gpu_check.sh [cmake option]...      # e.g. -DCMAKE_PREFIX_PATH=$(python3 -c 'import torch; print(torch.__path__[0])')
#
# With LibTorch, its path by the kernels is tested and bench_cuda compares with it.
# nvcc 12 or later is taken from PATH or /usr/local/cuda. Builds in build/gpu.
set -euo pipefail
cd "$(dirname "$0")/.."

[ -d /usr/local/cuda/bin ] && PATH="$PATH:/usr/local/cuda/bin"
has_device() { command -v nvidia-smi > /dev/null && nvidia-smi --list-gpus 2> /dev/null | grep -q '^GPU '; }

if ! command -v nvcc > /dev/null; then
  has_device && echo "there is a CUDA device but no nvcc: install a CUDA toolkit, 12 or later" >&2 && exit 1
  echo "nothing built: no nvcc"
  echo "skipped: no CUDA device"
  exit 0
fi

# Code for this machine's device, or for the generations that the tests are built for elsewhere.
architectures="80;90"
has_device && architectures=native
cmake -S . -B build/gpu -G Ninja --log-level=WARNING -DCMAKE_BUILD_TYPE=Release -DPREFOPT_BUILD_CUDA=ON \
  "-DCMAKE_CUDA_ARCHITECTURES=$architectures" -DCMAKE_CXX_FLAGS_RELEASE="-O3 -march=native -DNDEBUG" \
  -DCMAKE_EXE_LINKER_FLAGS=-Wl,--allow-shlib-undefined "$@"  # a wheel's libraries find theirs by themselves
targets=(tests_cuda golden_check_cuda cuda_float_kernels bench_cuda example_11_cuda)
cmake --build build/gpu --target "${targets[@]}"

log="$(mktemp)"
trap 'rm -f "$log"' EXIT
ctest --test-dir build/gpu -L '^cuda$' -E '^bench_cuda$' --output-on-failure --no-tests=error | tee "$log"
has_device || { echo "skipped: no CUDA device"; exit 0; }

echo
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
nvcc --version | grep release
grep -E 'tests passed|tests failed' "$log"
echo
build/gpu/bin/bench_cuda | awk '/^#/ {print; next} {printf "%-28s %12s\n", $1, $2}'
