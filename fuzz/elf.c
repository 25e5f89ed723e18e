/* SPDX-License-Identifier: MIT */
/* Any bytes as a program's file. The source itself is included: mapped, a byte read past the file's
 * end would be one of the page's. */
#include "input.h"

#include "cli/elf_file.c" /* NOLINT(bugprone-suspicious-include) */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *block = input_block(data, size);
    const struct image image = {.bytes = block, .size = size};
    struct elf_facts facts = {.is_elf = false}, mapped;
    if (size > 0)
        examine(&facts, &image);
    if (memchr(facts.asan, '\0', sizeof facts.asan) == NULL)
        abort();
    if (!elf_examine(&mapped, input_file(data, size)) || mapped.is_elf != facts.is_elf ||
        mapped.is_static != facts.is_static)
        abort();
    free(block);
    return 0;
}
