# SPDX-License-Identifier: MIT
# What is built for others is the same wherever it is built: the names of directories stay out of it, in
# debugging information too, of which the build identifier is made. Debuggers of our own builds keep them.
include(CheckCCompilerFlag)
check_c_compiler_flag(-ffile-prefix-map=a=b TFOSHIM_HAS_FILE_PREFIX_MAP)
if(TFOSHIM_HAS_FILE_PREFIX_MAP)
  # The last one that fits counts: the build's directory may be in the source's.
  target_compile_options(tfoshim_flags INTERFACE
    $<$<NOT:$<CONFIG:Debug,RelWithDebInfo>>:-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.>
    $<$<NOT:$<CONFIG:Debug,RelWithDebInfo>>:-ffile-prefix-map=${PROJECT_BINARY_DIR}=build>)
endif()
