# SPDX-License-Identifier: MIT
# Which of the hooks the library exports: in glibc all, for what an older one lacks a later one has, and the library
# may be used with that. Elsewhere those that the C library has, so that a program which asks whether there is a
# function is told what it would be told without the library.

# The names in lines of hooks.def.
function(tfoshim_exports result)
  set(lines ${ARGN})
  # These are other libraries'.
  set(others ${lines})
  list(FILTER others INCLUDE REGEX ", (RING|SUBMIT), ")
  foreach(list lines others)
    list(TRANSFORM ${list} REPLACE "^HOOK[A-Z0-9_]*\\(([^,)]+).*" "\\1")
  endforeach()
  if(NOT TFOSHIM_IS_GLIBC)
    tfoshim_undefined(missing ${lines})
    list(REMOVE_ITEM missing ${others})
    list(REMOVE_ITEM lines ${missing})
  endif()
  set(${result} ${lines} PARENT_SCOPE)
endfunction()

# All at once, for each link takes its time: the linker says which it does not find.
function(tfoshim_undefined result)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/exports.c)
  list(JOIN ARGN "[], " names)
  list(JOIN ARGN ", " addresses)
  file(CONFIGURE OUTPUT ${source} CONTENT
    "extern char @names@[];\nchar *const addresses[] = {@addresses@};\nint main(void) { return 0; }\n" @ONLY)
  set(language $ENV{LC_ALL})
  set(ENV{LC_ALL} C)
  try_compile(all_found ${CMAKE_CURRENT_BINARY_DIR}/exports ${source}
    COMPILE_DEFINITIONS -fno-builtin OUTPUT_VARIABLE output)
  set(ENV{LC_ALL} ${language})
  string(REGEX MATCHALL "undefined reference to `[A-Za-z0-9_]+'" missing "${output}")
  list(TRANSFORM missing REPLACE "^.*`(.*)'" "\\1")
  list(REMOVE_DUPLICATES missing)
  if(NOT all_found AND NOT missing)
    message(FATAL_ERROR "cannot find out which functions the C library has: ${output}")
  endif()
  set(${result} ${missing} PARENT_SCOPE)
endfunction()
