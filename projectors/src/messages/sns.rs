//! Messages by Amazon SNS. Sent once: whatever leaves open whether a message was sent is said to be so, and not repeated.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sns::operation::publish::PublishError;
use aws_sdk_sns::types::MessageAttributeValue;
use events::{EffectFailure, Via};

use crate::reactor::{EffectError, Messenger};

/// How long one call may take; what begins a message allows a little more.
const CALL: Duration = Duration::from_secs(25);
/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);
/// Codes by which the service says that it had no time; certainly nothing was sent.
const THROTTLED: [&str; 5] =
    ["Throttled", "Throttling", "ThrottlingException", "KMSThrottling", "RequestLimitExceeded"];
/// Codes by which the service says that it does not know us.
const UNKNOWN_TO_IT: [&str; 6] = [
    "AuthorizationError",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "UnrecognizedClientException",
    "AccessDenied",
];

/// The service.
pub struct Sns(Client);

impl Sns {
    /// The service as the SDK's own settings have it: the AWS variables and files, `AWS_ENDPOINT_URL` among them.
    pub async fn from_environment() -> Self {
        // Retrying belongs to whoever knows what may have been sent.
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_timeout(CALL).build();
        let config = aws_config::defaults(BehaviorVersion::latest());
        let config = config.retry_config(RetryConfig::disabled()).timeout_config(timeouts).load().await;
        Self(Client::new(&config))
    }
}

#[async_trait]
impl Messenger for Sns {
    async fn send(&self, phone: &str, text: &str) -> Result<Via, EffectError> {
        let kind = MessageAttributeValue::builder().data_type("String").string_value("Transactional").build();
        let kind = kind.map_err(|_| EffectError::Permanent(EffectFailure::Refused))?;
        let message = self.0.publish().phone_number(phone).message(text);
        let sent = message.message_attributes("AWS.SNS.SMS.SMSType", kind).send().await;
        sent.map(|_| Via::Sms).map_err(|error| classified(&error))
    }

    fn costs(&self) -> bool {
        true
    }
}

/// What a failure means for trying again. Its own words are not passed on: they may quote the number.
fn classified(error: &SdkError<PublishError>) -> EffectError {
    match error {
        SdkError::ConstructionFailure(_) => EffectError::Permanent(EffectFailure::Refused),
        SdkError::DispatchFailure(_) if never_left(error) => EffectError::Transient,
        SdkError::ServiceError(answer) => of_service(answer.raw().status().as_u16(), answer.err().code()),
        // Timed out, cut, or answered by nobody knows what: it may have been sent.
        _ => EffectError::Uncertain(EffectFailure::Unavailable),
    }
}

fn of_service(status: u16, code: Option<&str>) -> EffectError {
    let code = code.unwrap_or_default();
    if status == 429 || THROTTLED.contains(&code) {
        return EffectError::Transient;
    }
    if matches!(status, 401 | 403) || UNKNOWN_TO_IT.contains(&code) {
        return EffectError::Permanent(EffectFailure::Credentials);
    }
    match status {
        400..500 => EffectError::Permanent(EffectFailure::Refused),
        _ => EffectError::Uncertain(EffectFailure::Unavailable),
    }
}

/// Whether no connection came about, so that nothing was sent.
fn never_left(error: &(dyn Error + 'static)) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(this) = cause {
        if let Some(io) = this.downcast_ref::<std::io::Error>() {
            use std::io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable};
            return matches!(io.kind(), ConnectionRefused | AddrNotAvailable | HostUnreachable | NetworkUnreachable);
        }
        cause = this.source();
    }
    false
}
