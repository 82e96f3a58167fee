// Finds a symbol of the vDSO by name and version, from what the ELF and symbol versioning specifications say of an image
// in memory. No libc call: for programs of any libc.
#ifndef VDSO_PARSE_H
#define VDSO_PARSE_H

#include <elf.h>
#include <stddef.h>
#include <string.h>

struct vdso {
	const unsigned char *base; // what is added to addresses in the image
	const Elf64_Sym *symbols;
	const char *strings;
	const Elf64_Half *versions;
	const Elf64_Verdef *definitions;
	const Elf64_Word *hash, *gnu_hash;
	const char *soname;
	size_t size;
};

static int vdso_open(struct vdso *vdso, const void *image)
{
	const Elf64_Ehdr *header = image;
	const Elf64_Phdr *segments = (const void *)((const unsigned char *)image + header->e_phoff);
	const Elf64_Dyn *dynamic = NULL;
	int loaded = 0;

	memset(vdso, 0, sizeof(*vdso));
	if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64
	    || header->e_type != ET_DYN || header->e_machine != EM_X86_64)
		return 0;
	for (int i = 0; i < header->e_phnum; i++) {
		if (segments[i].p_type == PT_LOAD && !loaded++) {
			vdso->base = (const unsigned char *)image + segments[i].p_offset - segments[i].p_vaddr;
			vdso->size = segments[i].p_memsz;
		} else if (segments[i].p_type == PT_DYNAMIC) {
			dynamic = (const void *)((const unsigned char *)image + segments[i].p_offset);
		}
	}
	if (loaded != 1 || !dynamic)
		return 0;
	size_t soname = 0;
	for (; dynamic->d_tag != DT_NULL; dynamic++) {
		const void *at = vdso->base + dynamic->d_un.d_ptr;
		switch (dynamic->d_tag) {
		case DT_SYMTAB: vdso->symbols = at; break;
		case DT_STRTAB: vdso->strings = at; break;
		case DT_VERSYM: vdso->versions = at; break;
		case DT_VERDEF: vdso->definitions = at; break;
		case DT_HASH: vdso->hash = at; break;
		case DT_GNU_HASH: vdso->gnu_hash = at; break;
		case DT_SONAME: soname = dynamic->d_un.d_val; break;
		case DT_RELA: case DT_REL: case DT_JMPREL: case DT_TEXTREL: return 0;
		}
	}
	if (!vdso->symbols || !vdso->strings || !vdso->versions || !vdso->definitions)
		return 0;
	vdso->soname = vdso->strings + soname;
	return 1;
}

static inline Elf64_Word vdso_hash(const char *name)
{
	Elf64_Word hash = 0;
	for (; *name; name++) {
		hash = (hash << 4) + (unsigned char)*name;
		Elf64_Word high = hash & 0xf0000000;
		hash = (hash ^ high >> 24) & ~high;
	}
	return hash;
}

static int vdso_matches(const struct vdso *vdso, Elf64_Word index, const char *name, const char *version)
{
	const Elf64_Sym *symbol = &vdso->symbols[index];
	int bind = ELF64_ST_BIND(symbol->st_info);

	if (symbol->st_shndx == SHN_UNDEF || ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || (bind != STB_GLOBAL && bind != STB_WEAK)
	    || strcmp(vdso->strings + symbol->st_name, name) != 0)
		return 0;
	for (const Elf64_Verdef *definition = vdso->definitions;; definition = (const void *)((const char *)definition + definition->vd_next)) {
		const Elf64_Verdaux *auxiliary = (const void *)((const char *)definition + definition->vd_aux);
		if (!(definition->vd_flags & VER_FLG_BASE) && definition->vd_ndx == (vdso->versions[index] & 0x7fff))
			return definition->vd_hash == vdso_hash(version) && strcmp(vdso->strings + auxiliary->vda_name, version) == 0;
		if (!definition->vd_next)
			return 0;
	}
}

// By the table of the System V ABI.
static inline const Elf64_Sym *vdso_find_hash(const struct vdso *vdso, const char *name, const char *version)
{
	const Elf64_Word *buckets = vdso->hash + 2, *chains = buckets + vdso->hash[0];

	for (Elf64_Word i = buckets[vdso_hash(name) % vdso->hash[0]]; i != STN_UNDEF; i = chains[i])
		if (vdso_matches(vdso, i, name, version))
			return &vdso->symbols[i];
	return NULL;
}

// By GNU's.
static inline const Elf64_Sym *vdso_find_gnu_hash(const struct vdso *vdso, const char *name, const char *version)
{
	Elf64_Word count = vdso->gnu_hash[0], first = vdso->gnu_hash[1], words = vdso->gnu_hash[2], shift = vdso->gnu_hash[3];
	const Elf64_Xword *bloom = (const void *)(vdso->gnu_hash + 4);
	const Elf64_Word *buckets = (const void *)(bloom + words), *chains = buckets + count;
	Elf64_Word hash = 5381;

	for (const char *c = name; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	Elf64_Xword word = bloom[hash / 64 % words];
	if (!(word >> hash % 64 & word >> (hash >> shift) % 64 & 1))
		return NULL;
	Elf64_Word i = buckets[hash % count];
	if (i < first)
		return NULL;
	for (;; i++) {
		if ((chains[i - first] | 1) == (hash | 1) && vdso_matches(vdso, i, name, version))
			return &vdso->symbols[i];
		if (chains[i - first] & 1)
			return NULL;
	}
}

// NULL if either table that is there does not have it.
static inline void *vdso_symbol(const struct vdso *vdso, const char *name, const char *version)
{
	const Elf64_Sym *a = vdso->hash ? vdso_find_hash(vdso, name, version) : NULL;
	const Elf64_Sym *b = vdso->gnu_hash ? vdso_find_gnu_hash(vdso, name, version) : NULL;

	if ((vdso->hash && !a) || (vdso->gnu_hash && !b) || (a && b && a != b))
		return NULL;
	a = a ? a : b;
	return a && a->st_value + a->st_size <= vdso->size ? (void *)(vdso->base + a->st_value) : NULL;
}

#endif
