/* Which instruction sets this machine has. HAVE_... says what the build could compile. */
#include "kernel.h"

#if defined(__x86_64__) || defined(_M_X64)
#if defined(_MSC_VER)
#include <immintrin.h>
#include <intrin.h>
static void cpuid(unsigned leaf, unsigned sub, unsigned r[4])
{
    __cpuidex((int *)r, (int)leaf, (int)sub);
}
static uint64_t enabled(void) { return _xgetbv(0); }
#else
#include <cpuid.h>
static void cpuid(unsigned leaf, unsigned sub, unsigned r[4])
{
    __cpuid_count(leaf, sub, r[0], r[1], r[2], r[3]);
}
static uint64_t enabled(void)
{
    uint32_t low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}
#endif

#define HAS(word, bit) ((word) >> (bit) & 1)

static size_t find(const Isa **found)
{
    unsigned first[4] = {0}, one[4], seven[4], more[4];
    size_t count = 0;
    cpuid(0, 0, first);
    if (first[0] < 7) return 0;
    cpuid(1, 0, one);
    cpuid(7, 0, seven);
    cpuid(7, 1, more);
    const uint64_t state = HAS(one[2], 27) ? enabled() : 0;
    const int avx2 = (state & 6) == 6 && HAS(one[2], 12) && HAS(seven[1], 5);
    const int avx512 = avx2 && (state & 0xe0) == 0xe0 && HAS(seven[1], 16) && HAS(seven[1], 30) &&
                       HAS(seven[1], 31) && HAS(seven[1], 17);
    const int avx512vnni = avx512 && HAS(seven[2], 11), avxvnni = avx2 && HAS(more[0], 4);
    (void)avx512vnni, (void)avxvnni;
#ifdef HAVE_AVX512VNNI
    if (avx512vnni) found[count++] = &isa_avx512vnni;
#endif
#ifdef HAVE_AVX512
    if (avx512) found[count++] = &isa_avx512;
#endif
#ifdef HAVE_AVXVNNI
    if (avxvnni) found[count++] = &isa_avxvnni;
#endif
#ifdef HAVE_AVX2
    if (avx2) found[count++] = &isa_avx2;
#endif
    return count;
}
#elif defined(HAVE_NEON)
static size_t find(const Isa **found)
{
    found[0] = &isa_neon; /* every 64-bit ARM has it */
    return 1;
}
#else
static size_t find(const Isa **found)
{
    (void)found;
    return 0;
}
#endif

static const Isa *found_sets[6];

/* When the library is loaded, which one thread does before any other can call it. */
__attribute__((constructor)) static void find_sets(void)
{
    found_sets[find(found_sets)] = &isa_portable;
}

const Isa *const *available(void) { return found_sets; }
