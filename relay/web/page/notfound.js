/* The page for addresses that cannot be a room: only its words. */
/* SPDX-License-Identifier: MIT */

import { translatePage } from "./words.js";

translatePage();
