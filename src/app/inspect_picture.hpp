#pragma once
// A block's analysis as a picture: batches as columns, conflicts as lines.

#include <ostream>

#include "parallel/block_analysis.hpp"

namespace warpshrew::app {

/// An SVG document that stands by itself, with the keys of candidates and lines as tooltips.
void draw_svg(std::ostream& out, const parallel::BlockAnalysis& analysis);

/// The same for Graphviz.
void draw_dot(std::ostream& out, const parallel::BlockAnalysis& analysis);

}  // namespace warpshrew::app
