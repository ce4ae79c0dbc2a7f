/* Walks one AAC-LC raw_data_block from its first element to its last. */
/* SPDX-License-Identifier: MIT */
#include "codecs/aac_block.h"

#include "codecs/aac_tables.h"

#include <assert.h>
#include <string.h>

/* Table 4.85 */
enum element { ID_SCE, ID_CPE, ID_CCE, ID_LFE, ID_DSE, ID_PCE, ID_FIL, ID_END };

enum {
    EIGHT_SHORT_SEQUENCE = 2,
    GROUPS_MAX = 8,
    BANDS_MAX = 51,
    ELEMENTS_MAX = 128,     /* far over what 48 channels take; ends a walk through padding */
    CODEBOOK_RESERVED = 12, /* 4.5.2.3.3 */
    CODEBOOK_NOISE = 13,
    ESCAPE_PREFIX_MAX = 8, /* 4.5.2.1.2: no value over 8191 */
    EXTENSION_SBR = 13,    /* Table 4.121: EXT_SBR_DATA, EXT_SBR_DATA_CRC */
    EXTENSION_SBR_CRC = 14,
};

/* What one channel's ics_info and section_data say. */
struct channel {
    const struct aac_bands *bands;
    bool is_short;
    uint8_t max_sfb, groups;
    uint8_t group_windows[GROUPS_MAX];
    uint8_t codebook[GROUPS_MAX][BANDS_MAX];
};

/* Reads one codeword; returns its place among all in ascending order. */
static unsigned read_code(struct bits *b, const struct aac_codebook *book)
{
    uint32_t code = 0, first = 0;
    unsigned before = 0;
    for (unsigned len = 1; len <= book->longest; len++) {
        code = code << 1 | bits_u(b, 1);
        if (b->error)
            return 0;
        if (code - first < book->counts[len])
            return before + (code - first);
        before += book->counts[len];
        first = (first + book->counts[len]) << 1;
    }
    b->error = true; /* not reached: each of the codes is complete */
    return 0;
}

/* 4.4.2.1 Table 4.50; no prediction in LC. */
static void read_ics_info(struct bits *b, unsigned rate_index, struct channel *c)
{
    bits_skip(b, 1); /* ics_reserved_bit */
    c->is_short = bits_u(b, 2) == EIGHT_SHORT_SEQUENCE;
    bits_skip(b, 1); /* window_shape */
    c->groups = 1;
    c->group_windows[0] = 1;
    if (c->is_short) {
        c->bands = &AAC_SHORT_BANDS[rate_index];
        c->max_sfb = (uint8_t)bits_u(b, 4);
        for (int i = 0; i < GROUPS_MAX - 1; i++) { /* scale_factor_grouping */
            if (!bits_flag(b))
                c->group_windows[c->groups++] = 0;
            c->group_windows[c->groups - 1]++;
        }
    } else {
        c->bands = &AAC_LONG_BANDS[rate_index];
        c->max_sfb = (uint8_t)bits_u(b, 6);
        if (bits_flag(b)) /* predictor_data_present */
            b->error = true;
    }
    if (c->max_sfb > c->bands->count)
        b->error = true;
}

/* Table 4.52 section_data */
static void read_sections(struct bits *b, struct channel *c)
{
    const unsigned length_bits = c->is_short ? 3 : 5, escape = (1u << length_bits) - 1;
    for (unsigned g = 0; g < c->groups; g++) {
        for (unsigned band = 0; band < c->max_sfb && !b->error;) {
            uint8_t codebook = (uint8_t)bits_u(b, 4);
            unsigned part, length = 0;
            do {
                part = bits_u(b, length_bits);
                length += part;
            } while (part == escape && length <= c->max_sfb);
            if (codebook == CODEBOOK_RESERVED || length > c->max_sfb - band) {
                b->error = true;
                return;
            }
            memset(&c->codebook[g][band], codebook, length);
            band += length;
        }
    }
}

/* Table 4.53 scale_factor_data; the first noise energy of a channel is nine plain bits. */
static void skip_scale_factors(struct bits *b, const struct channel *c)
{
    bool noise_seen = false;
    for (unsigned g = 0; g < c->groups; g++) {
        for (unsigned band = 0; band < c->max_sfb && !b->error; band++) {
            uint8_t codebook = c->codebook[g][band];
            if (codebook == 0)
                continue;
            if (codebook == CODEBOOK_NOISE && !noise_seen) {
                noise_seen = true;
                bits_skip(b, 9);
            } else {
                read_code(b, &AAC_CODEBOOKS[0]);
            }
        }
    }
}

/* Table 4.54 tns_data */
static void skip_tns(struct bits *b, const struct channel *c)
{
    for (int w = 0; w < (c->is_short ? 8 : 1); w++) {
        unsigned filters = bits_u(b, c->is_short ? 1 : 2);
        unsigned resolution = filters > 0 ? bits_u(b, 1) : 0;
        for (; filters > 0; filters--) {
            bits_skip(b, c->is_short ? 4 : 6); /* length */
            unsigned order = bits_u(b, c->is_short ? 3 : 5);
            if (order == 0)
                continue;
            bits_skip(b, 1); /* direction */
            unsigned compress = bits_u(b, 1);
            bits_skip(b, (uint64_t)order * (resolution + 3 - compress));
        }
    }
}

/* Table 4.51: pulse_data, tns_data and gain_control_data, each behind its flag. */
static void skip_tools(struct bits *b, const struct channel *c)
{
    if (bits_flag(b)) {
        if (c->is_short)
            b->error = true;
        unsigned pulses = bits_u(b, 2) + 1;
        bits_skip(b, 6 + pulses * (5 + 4));
    }
    if (bits_flag(b))
        skip_tns(b, c);
    if (bits_flag(b)) /* gain control is SSR's */
        b->error = true;
}

/* hcod_esc: n ones, a zero, n + 4 bits. */
static void skip_escape(struct bits *b)
{
    unsigned n = 0;
    while (bits_flag(b))
        if (++n > ESCAPE_PREFIX_MAX)
            b->error = true;
    bits_skip(b, n + 4);
}

/* Table 4.56 spectral_data: one band of a group's windows. */
static void skip_band(struct bits *b, const struct aac_codebook *book, unsigned lines)
{
    for (unsigned i = 0; i < lines && !b->error; i += book->values) {
        unsigned code = read_code(b, book);
        if (book->extra == NULL)
            continue;
        unsigned extra = (unsigned)(book->extra[code] - '0');
        bits_skip(b, book->has_escapes ? extra % 3 : extra);
        for (unsigned escapes = book->has_escapes ? extra / 3 : 0; escapes > 0; escapes--)
            skip_escape(b);
    }
}

static void skip_spectrum(struct bits *b, const struct channel *c)
{
    for (unsigned g = 0; g < c->groups; g++) {
        for (unsigned band = 0; band < c->max_sfb && !b->error; band++) {
            uint8_t codebook = c->codebook[g][band];
            unsigned width = c->bands->offsets[band + 1] - c->bands->offsets[band];
            if (codebook >= 1 && codebook <= AAC_CODEBOOK_ESC)
                skip_band(b, &AAC_CODEBOOKS[codebook], width * c->group_windows[g]);
        }
    }
}

/* Table 4.51 individual_channel_stream, whose ics_info may have been read for the pair. */
static void skip_channel(struct bits *b, unsigned rate_index, const struct channel *shared)
{
    struct channel c = {.bands = NULL};
    bits_skip(b, 8); /* global_gain */
    if (shared != NULL)
        c = *shared;
    else
        read_ics_info(b, rate_index, &c);
    if (b->error)
        return;
    read_sections(b, &c);
    skip_scale_factors(b, &c);
    skip_tools(b, &c);
    skip_spectrum(b, &c);
}

/* Table 4.5 channel_pair_element, after its tag. */
static void skip_pair(struct bits *b, unsigned rate_index)
{
    struct channel info = {.bands = NULL};
    const bool common_window = bits_flag(b);
    if (common_window) {
        read_ics_info(b, rate_index, &info);
        unsigned mask = bits_u(b, 2); /* ms_mask_present */
        if (mask == 1)
            bits_skip(b, (uint64_t)info.max_sfb * info.groups);
        if (mask == 3)
            b->error = true;
    }
    for (int i = 0; i < 2 && !b->error; i++)
        skip_channel(b, rate_index, common_window ? &info : NULL);
}

/* byte_alignment() */
static void skip_to_byte(struct bits *b)
{
    bits_skip(b, (8 - bits_done(b) % 8) % 8);
}

/* Table 4.10 data_stream_element, after its tag. */
static void skip_data(struct bits *b)
{
    bool align = bits_flag(b);
    unsigned count = bits_u(b, 8);
    if (count == 255)
        count += bits_u(b, 8);
    if (align)
        skip_to_byte(b);
    bits_skip(b, (uint64_t)count * 8);
}

/* Table 4.11 fill_element; returns true when it holds SBR. */
static bool read_fill(struct bits *b)
{
    unsigned count = bits_u(b, 4);
    if (count == 15)
        count += bits_u(b, 8) - 1;
    if (count == 0 || b->error)
        return false;
    unsigned type = bits_u(b, 4);
    bits_skip(b, (uint64_t)count * 8 - 4);
    return type == EXTENSION_SBR || type == EXTENSION_SBR_CRC;
}

/* Reads n bits and keeps them. */
static uint32_t keep(struct bits *b, struct bit_writer *w, unsigned n)
{
    uint32_t value = bits_u(b, n);
    bit_writer_put(w, n, value);
    return value;
}

/* A list of elements, each with the flag that says it is a pair; returns their channels. */
static unsigned keep_channels(struct bits *b, struct bit_writer *w, unsigned elements)
{
    unsigned channels = 0;
    for (; elements > 0; elements--) {
        channels += keep(b, w, 1) + 1;
        keep(b, w, 4);
    }
    return channels;
}

void aac_pce_read(struct bits *b, struct aac_pce *out)
{
    struct bit_writer w;
    *out = (struct aac_pce){.channels = 0};
    bit_writer_init(&w, out->raw, sizeof out->raw);
    keep(b, &w, 4 + 2 + 4); /* element_instance_tag, object_type, sampling_frequency_index */
    unsigned front = keep(b, &w, 4), side = keep(b, &w, 4), back = keep(b, &w, 4);
    unsigned lfe = keep(b, &w, 2), data = keep(b, &w, 3), coupling = keep(b, &w, 4);
    if (keep(b, &w, 1)) /* mono_mixdown_present */
        keep(b, &w, 4);
    if (keep(b, &w, 1)) /* stereo_mixdown_present */
        keep(b, &w, 4);
    if (keep(b, &w, 1)) /* matrix_mixdown_idx_present */
        keep(b, &w, 3);
    out->channels = keep_channels(b, &w, front) + keep_channels(b, &w, side);
    out->channels += keep_channels(b, &w, back) + lfe;
    for (unsigned i = 0; i < lfe + data; i++)
        keep(b, &w, 4);
    keep_channels(b, &w, coupling);
    out->raw_bits = (uint32_t)w.len * 8 + w.pending_bits;
    bit_writer_align(&w);
    assert(w.len <= sizeof out->raw);
    skip_to_byte(b);
    bits_skip(b, (uint64_t)bits_u(b, 8) * 8); /* comment_field_data */
}

static bool read_element(struct bits *b, unsigned rate_index, enum element id,
                         struct aac_block *out)
{
    if (id != ID_FIL && id != ID_PCE)
        bits_skip(b, 4); /* element_instance_tag */
    switch (id) {
    case ID_SCE:
    case ID_LFE:
        skip_channel(b, rate_index, NULL);
        break;
    case ID_CPE:
        skip_pair(b, rate_index);
        break;
    case ID_DSE:
        skip_data(b);
        break;
    case ID_FIL:
        out->sbr |= read_fill(b);
        break;
    case ID_PCE:
        aac_pce_read(b, &out->pce);
        out->has_pce = !b->error;
        break;
    default:
        return false; /* a coupling channel: rare, and not walked */
    }
    return !b->error;
}

void aac_block_read(struct bits *b, unsigned rate_index, struct aac_block *out)
{
    assert(rate_index < AAC_RATES);
    *out = (struct aac_block){.whole = false};
    for (int i = 0; i < ELEMENTS_MAX; i++) {
        enum element id = (enum element)bits_u(b, 3);
        if (b->error)
            return;
        if (id == ID_END) {
            out->whole = true;
            return;
        }
        if (!read_element(b, rate_index, id, out))
            return;
    }
}
