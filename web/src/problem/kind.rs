//! The kinds of problem: every slug, its status, its title, and the sentence for people.

use axum::http::StatusCode;

macro_rules! problem_types {
    ($($(#[$doc:meta])+ $name:ident = $slug:literal, $status:ident, $title:literal, $message:literal;)+) => {
        /// Every kind of problem there is. A slug, once given out, keeps its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ProblemType {
            $($(#[$doc])+ $name,)+
        }

        impl ProblemType {
            /// All of them, for the documents.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The last segment of the `type` URI.
            pub fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)+ }
            }

            /// The status it is answered with.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }

            /// The same few words for every occurrence.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// The sentence that a terminal may show to its user.
            pub(crate) fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)+ }
            }
        }
    };
}

problem_types! {
    /// The body is not JSON, or nested too deeply.
    MalformedJson = "malformed-json", BAD_REQUEST, "The body is not JSON", "요청 형식이 올바르지 않습니다.";
    /// Log-in: wrong name or password; which of the two is not said.
    WrongCredentials = "wrong-credentials", BAD_REQUEST, "Wrong username or password",
        "아이디 또는 비밀번호가 올바르지 않습니다.";
    /// No token, or one that opens nothing (any more).
    Unauthorized = "unauthorized", UNAUTHORIZED, "A valid token is required", "로그인이 필요합니다.";
    /// No such route, or nothing of the caller's store has this id.
    NotFound = "not-found", NOT_FOUND, "There is nothing here", "요청하신 대상을 찾을 수 없습니다.";
    /// The path exists, the method on it does not.
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "This path does not take this method",
        "지원하지 않는 요청입니다.";
    /// The body did not arrive in time.
    BodyTooSlow = "body-too-slow", REQUEST_TIMEOUT, "The body did not arrive in time",
        "요청을 받는 데 시간이 너무 오래 걸렸습니다.";
    /// Sign-up: the username belongs to a store, open or closed.
    UsernameTaken = "username-taken", CONFLICT, "The username is taken", "이미 사용 중인 아이디입니다.";
    /// A category's or an item's name is in use where it must be the only one.
    NameInUse = "name-in-use", CONFLICT, "The name is in use", "이미 사용 중인 이름입니다.";
    /// The table has no open order to change or pay.
    NoOpenOrder = "no-open-order", CONFLICT, "The table has no open order", "해당 테이블에 열린 주문이 없습니다.";
    /// Strict handling was asked for and the stated total is not the booked one; nothing was booked.
    TotalsDiffer = "totals-differ", CONFLICT, "The stated total differs", "결제 금액이 주문 금액과 다릅니다.";
    /// The business day that is to be settled has not ended.
    DayNotEnded = "day-not-ended", CONFLICT, "The day has not ended", "아직 영업일이 끝나지 않았습니다.";
    /// Another runner makes this effect; no client asks for one.
    EffectTaken = "effect-taken", CONFLICT, "Somebody else is at it", "이미 처리 중입니다.";
    /// The body is larger than any request needs.
    BodyTooLarge = "body-too-large", PAYLOAD_TOO_LARGE, "The body is too large", "요청이 너무 큽니다.";
    /// What happened would not fit one record of the log.
    RecordTooLarge = "record-too-large", PAYLOAD_TOO_LARGE, "The change is too large", "한 번에 처리하기에는 너무 큽니다.";
    /// A field, parameter or header is missing or not of its form.
    InvalidField = "invalid-field", UNPROCESSABLE_ENTITY, "A field is not valid", "입력값을 확인해 주세요.";
    /// A limit of the trade would be passed.
    LimitExceeded = "limit-exceeded", UNPROCESSABLE_ENTITY, "A limit would be exceeded", "허용된 한도를 초과했습니다.";
    /// The idempotency key came before with another request.
    KeyReused = "key-reused", UNPROCESSABLE_ENTITY, "The idempotency key belongs to another request",
        "이미 사용된 요청 키입니다.";
    /// Too many attempts; `Retry-After` says when the next may be made.
    TooManyRequests = "too-many-requests", TOO_MANY_REQUESTS, "Too many attempts",
        "시도가 너무 많습니다. 잠시 후 다시 시도해 주세요.";
    /// A handler failed unexpectedly.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something failed unexpectedly", "서버 오류가 발생했습니다.";
    /// Too much is waiting already.
    Busy = "busy", SERVICE_UNAVAILABLE, "Too busy at present", "요청이 많습니다. 잠시 후 다시 시도해 주세요.";
    /// The log, the writer or the views cannot be reached at present.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Not available at present",
        "일시적으로 사용할 수 없습니다. 잠시 후 다시 시도해 주세요.";
    /// The store's writer is in another process, and that one could not be reached.
    Elsewhere = "elsewhere", SERVICE_UNAVAILABLE, "Another instance writes this store",
        "일시적으로 사용할 수 없습니다. 잠시 후 다시 시도해 주세요.";
    /// The answer did not come in time.
    Timeout = "timeout", SERVICE_UNAVAILABLE, "The answer did not come in time",
        "응답 시간이 초과되었습니다. 잠시 후 다시 시도해 주세요.";
    /// The views have not come to the position that was asked for.
    NotYetVisible = "not-yet-visible", SERVICE_UNAVAILABLE, "The position is not visible yet",
        "아직 반영되지 않았습니다. 잠시 후 다시 시도해 주세요.";
    /// The disk has no room for more history.
    StorageFull = "storage-full", INSUFFICIENT_STORAGE, "The storage is full", "저장 공간이 부족합니다.";
}
