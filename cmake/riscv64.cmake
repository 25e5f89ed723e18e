# SPDX-License-Identifier: MIT
# Toolchain file: for riscv64, on another machine. ./dev knows what has to be installed.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(CMAKE_C_COMPILER riscv64-linux-gnu-gcc)
