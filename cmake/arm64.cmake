# SPDX-License-Identifier: MIT
# Toolchain file: for arm64, on another machine. ./dev knows what has to be installed.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
