// The rules of HLS that can be checked from outside, by number: one door to all of rules/.
// SPDX-License-Identifier: MIT
//
// Numbers are those of the project's conformance list, which cites draft-pantos-hls-rfc8216bis and
// Apple's authoring specification for each; rules/register.mjs has them in a sentence each.
// Checks are pure: they see texts, parsed playlists, parsed media and times, and do no I/O.
// follower.mjs feeds them; another follower may as well.
export * from './rules/findings.mjs';
export * from './rules/register.mjs';
export * from './rules/syntax.mjs';
export * from './rules/playlist.mjs';
export * from './rules/reload.mjs';
export * from './rules/low-latency.mjs';
export * from './rules/delta.mjs';
export * from './rules/blocking.mjs';
export * from './rules/media.mjs';
export * from './rules/stream.mjs';
export * from './rules/renditions.mjs';
export * from './rules/multivariant.mjs';
export * from './rules/http.mjs';
