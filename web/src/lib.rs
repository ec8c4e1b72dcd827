//! What both HTTP sides share: token, password hash, problem, limits, request id.
