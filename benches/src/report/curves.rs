//! Curves over a size that grows, both axes in powers of ten.

use std::fmt::Write;

/// One picture beside others.
pub struct Panel {
    /// What is drawn.
    pub title: String,
    /// What grows.
    pub size: &'static str,
    /// Its curves.
    pub curves: Vec<Curve>,
}

/// One line.
pub struct Curve {
    /// Whose it is.
    pub who: String,
    /// Whether it is the second of its color.
    pub dashed: bool,
    /// Size and figure.
    pub points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 330.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 120.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 34.0;
const ACROSS: usize = 2;

/// All panels in one picture.
pub fn curves(panels: &[Panel]) -> String {
    let down = panels.len().div_ceil(ACROSS) as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        WIDTH * ACROSS as f64,
        HEIGHT * down,
    );
    for (index, panel) in panels.iter().enumerate() {
        let (x, y) = ((index % ACROSS) as f64, (index / ACROSS) as f64);
        let _ = writeln!(
            svg,
            "<g transform=\"translate({} {})\">",
            x * WIDTH,
            y * HEIGHT
        );
        draw(&mut svg, panel);
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

/// Where powers of ten lie on an axis.
struct Axis {
    first: i32,
    last: i32,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64>) -> Self {
        let (mut least, mut most) = (f64::INFINITY, 1.0_f64);
        for value in values.filter(|value| *value > 0.0) {
            least = least.min(value);
            most = most.max(value);
        }
        let first = least.min(most).log10().floor() as i32;
        Self {
            first,
            last: (most.log10().ceil() as i32).max(first + 1),
        }
    }

    /// 0 at the first power, 1 at the last.
    fn part(&self, value: f64) -> f64 {
        (value.log10() - f64::from(self.first)) / f64::from(self.last - self.first)
    }

    fn powers(&self) -> impl Iterator<Item = f64> {
        (self.first..=self.last).map(|power| 10_f64.powi(power))
    }
}

fn draw(svg: &mut String, panel: &Panel) {
    let points = || panel.curves.iter().flat_map(|curve| &curve.points);
    let across = Axis::over(points().map(|(size, _)| *size));
    let upward = Axis::over(points().map(|(_, figure)| *figure));
    let x = |size: f64| LEFT + across.part(size) * (WIDTH - LEFT - RIGHT);
    let y = |figure: f64| HEIGHT - BOTTOM - upward.part(figure) * (HEIGHT - TOP - BOTTOM);
    let _ = writeln!(
        svg,
        "<text x=\"{LEFT}\" y=\"16\" font-weight=\"bold\">{}</text>",
        panel.title
    );
    for power in across.powers() {
        let _ = writeln!(
            svg,
            "<line x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"{TOP}\" y2=\"{1}\" stroke=\"#ddd\"/>\
             <text x=\"{0:.1}\" y=\"{2}\" text-anchor=\"middle\">{3}</text>",
            x(power),
            HEIGHT - BOTTOM,
            HEIGHT - BOTTOM + 14.0,
            power_of_ten(power),
        );
    }
    for power in upward.powers() {
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{1}\" y1=\"{0:.1}\" y2=\"{0:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{2}\" y=\"{3:.1}\" text-anchor=\"end\">{4}</text>",
            y(power),
            WIDTH - RIGHT,
            LEFT - 4.0,
            y(power) + 4.0,
            power_of_ten(power),
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
        LEFT + (WIDTH - LEFT - RIGHT) / 2.0,
        HEIGHT - 6.0,
        panel.size,
    );
    for (index, curve) in panel.curves.iter().enumerate() {
        line(svg, curve, TOP + 14.0 * (index as f64 + 1.0), &x, &y);
    }
}

fn line(
    svg: &mut String,
    curve: &Curve,
    label_y: f64,
    x: &impl Fn(f64) -> f64,
    y: &impl Fn(f64) -> f64,
) {
    let color = match curve.who.split([',', ' ']).next() {
        Some("wakeful") => "#2a7",
        Some("tokio") => "#36c",
        Some("smol") => "#c73",
        _ => "#888",
    };
    let dashes = if curve.dashed {
        " stroke-dasharray=\"4 3\""
    } else {
        ""
    };
    let points = curve.points.iter().filter(|(_, figure)| *figure > 0.0);
    let points: Vec<String> = points
        .map(|(size, figure)| format!("{:.1},{:.1}", x(*size), y(*figure)))
        .collect();
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"1.5\"{dashes}/>",
        points.join(" ")
    );
    let start = WIDTH - RIGHT + 6.0;
    let _ = writeln!(
        svg,
        "<line x1=\"{start}\" x2=\"{}\" y1=\"{1}\" y2=\"{1}\" stroke=\"{color}\"{dashes}/>\
         <text x=\"{2}\" y=\"{3}\">{4}</text>",
        start + 16.0,
        label_y - 4.0,
        start + 20.0,
        label_y,
        curve.who,
    );
}

fn power_of_ten(value: f64) -> String {
    match value {
        _ if value >= 1e6 => format!("{}M", value / 1e6),
        _ if value >= 1e3 => format!("{}k", value / 1e3),
        _ => format!("{value}"),
    }
}
