//! The numbers at the head of a report, each from a total or from the questions.

use super::model::{Figure, Report, Status};
use crate::saved::Level;
use crate::say::counted;

impl Report {
    /// The numbers that say the most, as far as their totals were asked.
    pub fn figures(&self) -> Vec<Figure> {
        let mut figures = Vec::new();
        let levels = [(Level::Red, "red", "red findings"), (Level::Yellow, "yellow", "yellow findings")];
        for (level, name, label) in levels {
            let has = |status: Status| status == Status::Found(level);
            let questions = self.questions.iter().filter(|question| has(question.status())).count();
            let (value, is_complete) = self.findings(level);
            let remark = format!("in {}", counted(questions, "question"));
            figures.push(Figure { is_complete, ..figure(name, label, Some(value as f64), remark) });
        }
        let sums: [(&str, &str, &str, &str); 3] = [
            ("instances", "instances", "instances", "instances"),
            ("cost", "monthly_price", "list_price", "a month by list price"),
            ("storage", "gb", "storage_gb", "GB of disks and snapshots"),
        ];
        for (total, column, name, label) in sums {
            let Some(total) = self.total(total) else { continue };
            let rest = |column: &str| total.sum(column).unwrap_or_default();
            let remark = match name {
                "instances" => format!("{} running, {} stopped", rest("running"), rest("stopped")),
                "list_price" => format!("USD, without {} that the API tells no price of", rest("unpriced")),
                _ => format!("{} of them", rest("number")),
            };
            let is_money = name == "list_price";
            let figure = figure(name, label, total.sum(column), remark);
            figures.push(Figure { is_money, is_complete: total.is_complete(), ..figure });
        }
        if let Some(total) = self.total("expiring") {
            let value = total.count().map(|count| count as f64);
            let label = "certificates end in 30 days";
            let figure = figure("expiring", label, value, String::new());
            figures.push(Figure { is_complete: total.is_complete(), ..figure });
        }
        figures
    }
}

fn figure(name: &'static str, label: &'static str, value: Option<f64>, remark: String) -> Figure {
    Figure { name, label, value, remark, is_money: false, is_complete: true }
}
