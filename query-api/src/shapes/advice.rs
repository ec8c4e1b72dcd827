//! Advice as the clients read it, and whether it is there.

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

/// Whether advice is there.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdviceVerdict {
    /// `success`, `not completed`, `failed`.
    #[schema(example = "success")]
    pub result: &'static str,
    /// A sentence for people.
    pub message: &'static str,
    /// The request.
    pub req_id: Uuid,
    /// Why there is none, if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The advice.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdviceText {
    /// Whether it is there.
    #[serde(flatten)]
    pub verdict: AdviceVerdict,
    /// The first business date that it speaks of.
    pub start_date: NaiveDate,
    /// The last business date that it speaks of.
    pub end_date: NaiveDate,
    /// Who spoke: `embedded`, or the name of a model.
    pub advisor: Option<String>,
    /// The advice as text, with line breaks; never empty.
    pub consulting: String,
    /// The findings that the text was made from.
    #[schema(value_type = Option<Vec<FindingShown>>)]
    pub findings: Option<Box<RawValue>>,
}

/// One finding.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingShown {
    /// What it is about.
    pub kind: String,
    /// What is the case.
    pub statement: String,
    /// The figures that it cites.
    pub figures: Vec<Figure>,
    /// What to do about it.
    pub action: String,
    /// Whether every figure it cites is the store's own, as cited.
    pub verified: bool,
}

/// A cited figure.
#[derive(Debug, Serialize, ToSchema)]
pub struct Figure {
    /// Its name in the table of figures.
    pub name: String,
    /// Its value: minor units, a count, or thousandths.
    pub value: i64,
}

impl AdviceVerdict {
    /// What is told of a request in this state.
    pub(crate) fn of(req_id: Uuid, state: &str, reason: Option<&str>) -> Self {
        let (result, message) = match state {
            "completed" => ("success", "분석이 완료되었습니다."),
            "failed" => ("failed", why(reason.unwrap_or_default())),
            _ => ("not completed", "분석하고 있습니다."),
        };
        Self { result, message, req_id, reason: reason.map(str::to_owned) }
    }
}

/// The reason in a sentence for the user.
fn why(reason: &str) -> &'static str {
    match reason {
        "credentials" => "분석 서비스의 인증에 실패했습니다. 관리자에게 문의해 주세요.",
        "budget" => "오늘 사용할 수 있는 분석 횟수를 모두 사용했습니다.",
        "nothing_sold" => "이 기간에는 분석할 매출이 없습니다.",
        "refused" => "분석 서비스가 요청을 거절했습니다.",
        "unusable" => "분석 결과를 이해할 수 없었습니다. 다시 시도해 주세요.",
        _ => "분석 서비스를 사용할 수 없습니다. 잠시 후 다시 시도해 주세요.",
    }
}
