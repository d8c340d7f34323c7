#include "app/inspect_picture.hpp"

#include <algorithm>
#include <cmath>

#include "app/inspect_report.hpp"
#include "app/readable_key.hpp"
#include "app/report.hpp"

namespace warpshrew::app {

using namespace parallel;

namespace {

constexpr std::size_t most_lines = 300;  ///< with more pairs in conflict only the nearest are drawn
constexpr std::size_t most_keys = 12;    ///< in a tooltip

struct Style {
    Conflict conflict;
    const char* colour;
    const char* meaning;
};
/// A pair with several conflicts looks like the first of them.
constexpr std::array styles = {Style{Conflict::raw, "#1d4ed8", "RAW: reads what an earlier one writes"},
                               Style{Conflict::waw, "#b91c1c", "WAW: both write"},
                               Style{Conflict::war, "#15803d", "WAR: writes what an earlier one reads"},
                               Style{Conflict::utxo, "#c2410c", "UTXO: spends its output"}};
constexpr const char *batch_fill = "#dbeafe", *batch_line = "#3b82f6", *demoted_fill = "#fed7aa",
                     *demoted_line = "#ea580c";

const Style& style_of(const Edge& edge) {
    return *std::ranges::find_if(styles, [&](const Style& s) { return has(edge.conflicts, s.conflict); });
}

struct Lines {
    std::vector<Edge> edges;
    std::size_t pairs = 0;  ///< in conflict
};

Lines lines_of(const BlockAnalysis& analysis) {
    Lines out;
    const auto vertices = analysis.vertices();
    for_each_edge(vertices, analysis.keys.size(), [&](const Edge& e) {
        if (++out.pairs <= most_lines) out.edges.push_back(e);
    });
    if (out.pairs <= most_lines) return out;
    out.edges.clear();
    for_each_nearest_edge(vertices, analysis.keys.size(), [&](const Edge& e) { out.edges.push_back(e); });
    return out;
}

std::string heading(const BlockAnalysis& analysis) {
    return "block " + std::to_string(analysis.height) + ": " +
           counted(analysis.transactions, "transaction", "transactions") + ", " +
           counted(analysis.messages, "message", "messages") + ", " +
           counted(analysis.candidates.size(), "candidate", "candidates") + ", " +
           counted(analysis.batches.size(), "batch", "batches");
}

std::string note(const Lines& lines) {
    if (lines.edges.size() == lines.pairs) return grouped(lines.pairs) + " pairs conflict";
    return grouped(lines.pairs) + " pairs conflict; lines go only to the nearest before, for each key";
}

std::string short_target(const AnalysedCandidate& c) {
    const std::string id = readable_id(c.target);
    return id.size() <= 11 ? id : id.substr(0, 9) + "..";
}

void add_keys(std::string& text, const BlockAnalysis& analysis, const char* what, const std::vector<KeyId>& list) {
    if (list.empty()) return;
    text += std::string("\n") + what;
    for (std::size_t i = 0; i < std::min(list.size(), most_keys); i++)
        text += "\n  " + readable_key(analysis.keys.key(list[i]));
    if (list.size() > most_keys) text += "\n  and " + grouped(list.size() - most_keys) + " more";
}

std::string describe(const BlockAnalysis& analysis, std::uint32_t i) {
    const AnalysedCandidate& c = analysis.candidates[i];
    std::string text = "transaction " + std::to_string(c.tx_index) + ", protostone " + std::to_string(c.stone) +
                       ": calls " + readable_id(c.target) + "\n" +
                       (c.demoted.empty() ? "batch " + std::to_string(c.level) : "demoted: " + c.demoted);
    add_keys(text, analysis, "reads", c.set.reads);
    add_keys(text, analysis, "writes", c.set.writes);
    return text;
}

std::string describe(const BlockAnalysis& analysis, const Edge& e) {
    const AnalysedCandidate &a = analysis.candidates[e.earlier], &b = analysis.candidates[e.later];
    std::string text = candidate_name(a) + " before " + candidate_name(b) + ": " + conflict_names(e.conflicts);
    const auto in = [](const std::vector<KeyId>& list, KeyId k) { return std::ranges::find(list, k) != list.end(); };
    std::vector<KeyId> shared;
    for (const KeyId k : b.set.writes)
        if (in(a.set.writes, k) || in(a.set.reads, k)) shared.push_back(k);
    for (const KeyId k : b.set.reads)
        if (in(a.set.writes, k) && !in(b.set.writes, k)) shared.push_back(k);
    add_keys(text, analysis, "on", shared);
    return text;
}

/// For text and attributes of XML.
std::string xml(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

/// For a quoted string of DOT.
std::string dot(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

// Pixels.
constexpr int box_width = 58, box_height = 28, box_gap = 8, frame_padding = 8, frame_heading = 20, frame_gap = 46,
              band_gap = 34, margin = 24, top = 104, narrowest_band = 1100, legend_width = 900, demoted_rows = 8;

struct Point {
    int x = 0, y = 0;  ///< of the upper left corner
};

/// A batch, or those that are demoted.
struct Frame {
    std::string name;
    const std::vector<std::uint32_t>* members = nullptr;
    bool demoted = false;
    Point at;
    int width = 0, height = 0;
};

/// Where everything is.
class Layout {
 public:
    explicit Layout(const BlockAnalysis& analysis) : places(analysis.candidates.size()) {
        for (std::uint32_t i = 0; i < analysis.candidates.size(); i++)
            if (analysis.candidates[i].level == 0) demoted_.push_back(i);
        rows_ = std::max(demoted_rows, static_cast<int>(std::ceil(std::sqrt(static_cast<double>(places.size())))));
        band_width_ = std::max(narrowest_band, rows_ * (box_width + box_gap));
        for (std::size_t b = 0; b < analysis.batches.size(); b++)
            add("batch " + std::to_string(b + 1), analysis.batches[b], false);
        if (!demoted_.empty()) add("demoted", demoted_, true);
        width = std::max(width, legend_width) + margin;
        height = y_ + band_height_ + margin;
    }

    std::vector<Frame> frames;
    std::vector<Point> places;  ///< by candidate
    int width = 0, height = 0;

 private:
    void add(std::string name, const std::vector<std::uint32_t>& members, bool demoted) {
        const int count = static_cast<int>(members.size()), rows = std::min(demoted ? demoted_rows : rows_, count),
                  columns = (count + rows - 1) / rows;
        Frame f{std::move(name),
                &members,
                demoted,
                {},
                columns * (box_width + box_gap) - box_gap + 2 * frame_padding,
                frame_heading + rows * (box_height + box_gap) - box_gap + frame_padding};
        if (x_ > margin && x_ + f.width > margin + band_width_) {
            x_ = margin;
            y_ += band_height_ + band_gap;
            band_height_ = 0;
        }
        f.at = {x_, y_};
        for (int i = 0; i < count; i++)
            places[members[static_cast<std::size_t>(i)]] = {x_ + frame_padding + i / rows * (box_width + box_gap),
                                                            y_ + frame_heading + i % rows * (box_height + box_gap)};
        x_ += f.width + frame_gap;
        width = std::max(width, x_ - frame_gap);
        band_height_ = std::max(band_height_, f.height);
        frames.push_back(std::move(f));
    }

    std::vector<std::uint32_t> demoted_;
    int rows_ = 0, band_width_ = 0;
    int x_ = margin, y_ = top, band_height_ = 0;
};

/// From the side of one box to that of another, bent so that lines along a row stay apart from the boxes between.
std::string path(Point a, Point b) {
    const bool forward = b.x >= a.x + box_width;
    const int ax = forward ? a.x + box_width : a.x, bx = forward || b.x == a.x ? b.x : b.x + box_width;
    const int ay = a.y + box_height / 2, by = b.y + box_height / 2;
    const int bend = forward ? std::max(20, (bx - ax) / 3) : -40;
    const bool far = forward && bx - ax > box_width + frame_gap + 2 * frame_padding;
    const int lift = far && std::abs(ay - by) < box_height ? box_height / 2 + 4 : 0;
    const auto p = [](int x, int y) { return std::to_string(x) + "," + std::to_string(y); };
    return "M" + p(ax, ay) + " C" + p(ax + bend, ay - 2 * lift) + " " +
           p(forward ? bx - bend : bx + bend, by - 2 * lift) + " " + p(bx, by);
}

void draw_legend(std::ostream& out) {
    int x = margin;
    const int y = 72;
    const auto place = [&](const std::string& text, int mark) {
        const int needed = mark + 8 + static_cast<int>(text.size()) * 6 + 16;
        x += needed;
        return x - needed;
    };
    for (const auto& [fill, line, text] : {std::tuple{batch_fill, batch_line, "candidate: transaction, contract"},
                                           std::tuple{demoted_fill, demoted_line, "demoted: at its turn"}}) {
        const int at = place(text, 18);
        out << "<rect x='" << at << "' y='" << y - 9 << "' width='18' height='12' rx='3' fill='" << fill << "' stroke='"
            << line << "'/><text x='" << at + 24 << "' y='" << y << "'>" << text << "</text>\n";
    }
    x = margin;
    for (const Style& s : styles) {
        const int at = place(s.meaning, 22);
        out << "<line x1='" << at << "' y1='" << y + 15 << "' x2='" << at + 22 << "' y2='" << y + 15 << "' stroke='"
            << s.colour << "' stroke-width='2'" << (s.conflict == Conflict::utxo ? " stroke-dasharray='4 3'" : "")
            << "/><text x='" << at + 28 << "' y='" << y + 19 << "'>" << s.meaning << "</text>\n";
    }
}

}  // namespace

void draw_svg(std::ostream& out, const BlockAnalysis& analysis) {
    const Layout layout(analysis);
    const Lines lines = lines_of(analysis);
    out << "<svg xmlns='http://www.w3.org/2000/svg' width='" << layout.width << "' height='" << layout.height
        << "' viewBox='0 0 " << layout.width << ' ' << layout.height
        << "' font-family='Helvetica, Arial, sans-serif' font-size='11' fill='#1f2937'>\n"
        << "<style>path{fill:none;stroke-width:1;stroke-opacity:.55}path:hover{stroke-width:3;stroke-opacity:1}"
           "g:hover>rect{stroke-width:2.5}</style>\n"
        << "<rect width='100%' height='100%' fill='#ffffff'/>\n"
        << "<text x='" << margin << "' y='30' font-size='16' font-weight='bold'>" << xml(heading(analysis))
        << "</text>\n<text x='" << margin << "' y='49' fill='#4b5563'>" << xml(note(lines)) << "</text>\n";
    draw_legend(out);
    for (const Frame& f : layout.frames) {
        out << "<rect x='" << f.at.x << "' y='" << f.at.y << "' width='" << f.width << "' height='" << f.height
            << "' rx='6' fill='" << (f.demoted ? "#fff7ed" : "#f8fafc") << "' stroke='#d1d5db'/>\n<text x='"
            << f.at.x + frame_padding << "' y='" << f.at.y + 14 << "' font-size='10' fill='#4b5563'>" << f.name
            << "</text>\n";
    }
    for (const Edge& e : lines.edges) {
        const Style& style = style_of(e);
        out << "<path d='" << path(layout.places[e.earlier], layout.places[e.later]) << "' stroke='" << style.colour
            << "'" << (style.conflict == Conflict::utxo ? " stroke-dasharray='4 3'" : "") << "><title>"
            << xml(describe(analysis, e)) << "</title></path>\n";
    }
    for (const Frame& f : layout.frames) {
        for (const std::uint32_t i : *f.members) {
            const AnalysedCandidate& c = analysis.candidates[i];
            const Point p = layout.places[i];
            out << "<g><title>" << xml(describe(analysis, i)) << "</title><rect x='" << p.x << "' y='" << p.y
                << "' width='" << box_width << "' height='" << box_height << "' rx='4' fill='"
                << (f.demoted ? demoted_fill : batch_fill) << "' stroke='" << (f.demoted ? demoted_line : batch_line)
                << "'/><text x='" << p.x + box_width / 2 << "' y='" << p.y + 13
                << "' text-anchor='middle' font-weight='bold'>" << candidate_name(c) << "</text><text x='"
                << p.x + box_width / 2 << "' y='" << p.y + 23 << "' text-anchor='middle' font-size='8' fill='#4b5563'>"
                << xml(short_target(c)) << "</text></g>\n";
        }
    }
    out << "</svg>\n";
}

void draw_dot(std::ostream& out, const BlockAnalysis& analysis) {
    const Lines lines = lines_of(analysis);
    out << "digraph block_" << analysis.height
        << " {\n  rankdir=LR; labelloc=t; fontname=Helvetica;\n  label=" << dot(heading(analysis) + "\n" + note(lines))
        << ";\n  node [shape=box, style=\"rounded,filled\", fillcolor=" << dot(batch_fill)
        << ", color=" << dot(batch_line)
        << ", fontname=Helvetica, fontsize=10];\n  edge [fontname=Helvetica, fontsize=8];\n";
    const auto node = [&](std::uint32_t i) {
        const AnalysedCandidate& c = analysis.candidates[i];
        out << "    c" << i << " [label=" << dot(candidate_name(c) + "\n" + readable_id(c.target))
            << ", tooltip=" << dot(describe(analysis, i));
        if (!c.demoted.empty()) out << ", fillcolor=" << dot(demoted_fill) << ", color=" << dot(demoted_line);
        out << "];\n";
    };
    for (std::size_t b = 0; b < analysis.batches.size(); b++) {
        out << "  subgraph cluster_" << b + 1 << " {\n    label=\"batch " << b + 1 << "\"; color=\"#d1d5db\";\n";
        for (const std::uint32_t i : analysis.batches[b]) node(i);
        out << "  }\n";
    }
    const auto is_demoted = [](const auto& c) { return c.level == 0; };
    if (std::ranges::any_of(analysis.candidates, is_demoted)) {
        out << "  subgraph cluster_demoted {\n    label=\"demoted\"; color=\"#d1d5db\";\n";
        for (std::uint32_t i = 0; i < analysis.candidates.size(); i++)
            if (is_demoted(analysis.candidates[i])) node(i);
        out << "  }\n";
    }
    for (const Edge& e : lines.edges) {
        const Style& style = style_of(e);
        out << "  c" << e.earlier << " -> c" << e.later << " [label=" << dot(conflict_names(e.conflicts))
            << ", color=" << dot(style.colour) << ", tooltip=" << dot(describe(analysis, e))
            << (style.conflict == Conflict::utxo ? ", style=dashed" : "") << "];\n";
    }
    out << "}\n";
}

}  // namespace warpshrew::app
