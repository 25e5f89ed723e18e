/* SPDX-License-Identifier: MIT */
#include "cli/elf_file.h"
#include "path/path.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#define MACHINE_NARROW EM_386
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#define MACHINE_NARROW EM_ARM
#elif defined(__i386__)
#define MACHINE EM_386
#elif defined(__arm__)
#define MACHINE EM_ARM
#endif

struct image {
    const unsigned char *bytes;
    size_t size;
};

/* `count` elements at an offset, or NULL if the file does not hold them all. */
static const void *at(const struct image *image, size_t offset, size_t count, size_t element)
{
    if (offset > image->size || element == 0 || count > (image->size - offset) / element ||
        offset % sizeof(void *) != 0)
        return NULL;
    return image->bytes + offset;
}

/* The name ends within its segment. */
static bool is_musl_loader(const struct image *image, const ElfW(Phdr) * segment)
{
    static const char start[] = "ld-musl-";
    const char *name;
    if (segment->p_offset > image->size || segment->p_filesz > image->size - segment->p_offset)
        return false;
    name = (const char *)image->bytes + segment->p_offset;
    return memchr(name, '\0', segment->p_filesz) != NULL &&
           strncmp(path_base(name), start, sizeof start - 1) == 0;
}

static void examine_loader(struct elf_facts *facts, const struct image *image,
                           const ElfW(Ehdr) * header)
{
    const ElfW(Phdr) *segments = header->e_phentsize == sizeof *segments
                                     ? at(image, header->e_phoff, header->e_phnum, sizeof *segments)
                                     : NULL;
    for (unsigned i = 0; segments != NULL && i < header->e_phnum; i++)
        if (segments[i].p_type == PT_INTERP) {
            facts->is_musl = is_musl_loader(image, &segments[i]);
            return;
        }
    facts->is_static = segments != NULL; /* a damaged file is not for us to judge */
}

/* The string at an index of a string table, or "" if it is not all there. */
static const char *string_at(const struct image *image, const ElfW(Shdr) * table, size_t index)
{
    if (table->sh_type != SHT_STRTAB || table->sh_offset > image->size ||
        table->sh_size > image->size - table->sh_offset || index >= table->sh_size)
        return "";
    if (memchr(image->bytes + table->sh_offset + index, '\0', table->sh_size - index) == NULL)
        return "";
    return (const char *)image->bytes + table->sh_offset + index;
}

static void examine_imports(struct elf_facts *facts, const struct image *image,
                            const ElfW(Shdr) * section, const ElfW(Shdr) * strings)
{
    const size_t count = section->sh_size / sizeof(ElfW(Sym));
    const ElfW(Sym) *symbols = at(image, section->sh_offset, count, sizeof *symbols);
    facts->imports_known = symbols != NULL;
    for (size_t i = 0; symbols != NULL && i < count; i++) {
        const char *name = string_at(image, strings, symbols[i].st_name);
        if (symbols[i].st_shndx != SHN_UNDEF)
            continue;
        facts->imports_connect = facts->imports_connect || strcmp(name, "connect") == 0;
        facts->imports_listen = facts->imports_listen || strcmp(name, "listen") == 0;
    }
}

static void examine_libraries(struct elf_facts *facts, const struct image *image,
                              const ElfW(Shdr) * section, const ElfW(Shdr) * strings)
{
    const size_t count = section->sh_size / sizeof(ElfW(Dyn));
    const ElfW(Dyn) *entries = at(image, section->sh_offset, count, sizeof *entries);
    for (size_t i = 0; entries != NULL && i < count; i++)
        if (entries[i].d_tag == DT_NEEDED &&
            preload_asan(facts->asan, string_at(image, strings, entries[i].d_un.d_val)))
            return;
}

static void examine_sections(struct elf_facts *facts, const struct image *image,
                             const ElfW(Ehdr) * header)
{
    const ElfW(Shdr) *sections = header->e_shentsize == sizeof *sections
                                     ? at(image, header->e_shoff, header->e_shnum, sizeof *sections)
                                     : NULL;
    if (sections == NULL || header->e_shstrndx >= header->e_shnum)
        return;
    for (unsigned i = 0; i < header->e_shnum; i++) {
        const char *name = string_at(image, &sections[header->e_shstrndx], sections[i].sh_name);
        if (strcmp(name, ".go.buildinfo") == 0 || strcmp(name, ".note.go.buildid") == 0)
            facts->is_go = true;
        if (sections[i].sh_type == SHT_DYNSYM && sections[i].sh_link < header->e_shnum)
            examine_imports(facts, image, &sections[i], &sections[sections[i].sh_link]);
        if (sections[i].sh_type == SHT_DYNAMIC && sections[i].sh_link < header->e_shnum)
            examine_libraries(facts, image, &sections[i], &sections[sections[i].sh_link]);
    }
}

static void examine(struct elf_facts *facts, const struct image *image)
{
    const ElfW(Ehdr) *header = at(image, 0, 1, sizeof *header);
    if (header == NULL || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return;
    facts->is_elf = true;
#ifdef MACHINE_NARROW
    facts->is_narrow =
        header->e_ident[EI_CLASS] == ELFCLASS32 && header->e_machine == MACHINE_NARROW;
#endif
    facts->is_foreign = !facts->is_narrow;
#ifdef MACHINE
    facts->is_foreign = facts->is_foreign && header->e_machine != MACHINE;
#endif
    if (header->e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32)) {
        facts->is_foreign = !facts->is_narrow;
        return;
    }
#ifndef MACHINE
    facts->is_foreign = false; /* the class is all that is known of this architecture */
#endif
    if (facts->is_foreign)
        return;
    examine_loader(facts, image, header);
    examine_sections(facts, image, header);
}

bool elf_examine(struct elf_facts *facts, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct image image = {.bytes = MAP_FAILED};
    struct stat status;
    *facts = (struct elf_facts){.is_elf = false};
    if (fd < 0)
        return false;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        image.size = (size_t)status.st_size;
        image.bytes = mmap(NULL, image.size, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    close(fd);
    if (image.bytes == MAP_FAILED)
        return true;
    examine(facts, &image);
    munmap((void *)image.bytes, image.size);
    return true;
}
