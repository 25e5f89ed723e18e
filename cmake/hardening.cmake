# SPDX-License-Identifier: MIT
# What compiler and linker do against mistakes of ours: guards on stacks, checks of buffers' sizes, and
# on x86 the mark that keeps a process's shadow stack on. What is installed links with
# tfoshim_hardening; hooks turn the guards off again (src/shim/CMakeLists.txt).
include(CheckCCompilerFlag)
include(CheckCSourceCompiles)
include(CheckLinkerFlag)
include(CheckPIESupported)
check_pie_supported()

add_library(tfoshim_hardening INTERFACE)
target_link_options(tfoshim_hardening INTERFACE -Wl,-z,now,-z,relro,-z,noexecstack)
# A sanitizer sees more, and other things, without.
if(NOT TFOSHIM_SANITIZE AND NOT TFOSHIM_FUZZ)
  check_c_compiler_flag(-fstack-protector-strong TFOSHIM_HAS_STACK_PROTECTOR)
  check_c_compiler_flag(-fstack-clash-protection TFOSHIM_HAS_STACK_CLASH_PROTECTION)
  check_c_compiler_flag(-fcf-protection=return TFOSHIM_HAS_CF_PROTECTION)
  check_linker_flag(C -Wl,-z,shstk TFOSHIM_HAS_SHSTK)
  # Level 3 knows the sizes that are found at run time as well.
  set(CMAKE_REQUIRED_FLAGS "-O2 -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
  check_c_source_compiles("#include <string.h>\nint main(void) { return 0; }" TFOSHIM_HAS_FORTIFY_3)
  unset(CMAKE_REQUIRED_FLAGS)
  set(fortified $<IF:$<BOOL:${TFOSHIM_HAS_FORTIFY_3}>,3,2>)
  target_compile_options(tfoshim_hardening INTERFACE
    $<$<BOOL:${TFOSHIM_HAS_STACK_PROTECTOR}>:-fstack-protector-strong>
    $<$<BOOL:${TFOSHIM_HAS_STACK_CLASH_PROTECTION}>:-fstack-clash-protection>
    # Without optimization there is nothing to check with, and the C library's headers say so. Some
    # compilers define it themselves.
    $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE>
    $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=${fortified}>)
  # Shadow stacks alone: marks for indirect branches cost each hook an instruction, no Linux looks at
  # them in programs, and they are none as long as the C library's start files lack them. Those files
  # return as they were called, so the mark that they lack may be given for them.
  if(TFOSHIM_HAS_CF_PROTECTION AND TFOSHIM_HAS_SHSTK)
    target_compile_options(tfoshim_hardening INTERFACE -fcf-protection=return)
    target_link_options(tfoshim_hardening INTERFACE -Wl,-z,shstk)
  endif()
endif()
