//! Guards that cancel their token when dropped.
//!
//! Absent: anything else they do.

use super::CancellationToken;

const ARMED: &str = "only `disarm` takes the token";

/// Cancels its token when dropped; made by [`CancellationToken::drop_guard`].
///
/// # Examples
///
/// ```
/// use wakeful::sync::CancellationToken;
///
/// let token = CancellationToken::new();
/// {
///     let _guard = token.clone().drop_guard();
///     assert!(!token.is_cancelled());
/// }
/// assert!(token.is_cancelled());
/// ```
#[derive(Debug)]
pub struct DropGuard {
    pub(super) inner: Option<CancellationToken>,
}

impl DropGuard {
    /// The token.
    ///
    /// # Examples
    ///
    /// ```
    /// let guard = wakeful::sync::CancellationToken::new().drop_guard();
    /// assert!(!guard.token().is_cancelled());
    /// ```
    pub fn token(&self) -> &CancellationToken {
        self.inner.as_ref().expect(ARMED)
    }

    /// Gives the token back without canceling it.
    ///
    /// # Examples
    ///
    /// ```
    /// let guard = wakeful::sync::CancellationToken::new().drop_guard();
    /// assert!(!guard.disarm().is_cancelled());
    /// ```
    pub fn disarm(mut self) -> CancellationToken {
        self.inner.take().expect(ARMED)
    }
}

impl Drop for DropGuard {
    fn drop(&mut self) {
        if let Some(token) = &self.inner {
            token.cancel();
        }
    }
}

/// Cancels the token it borrows when dropped; made by [`CancellationToken::drop_guard_ref`].
///
/// # Examples
///
/// ```
/// use wakeful::sync::CancellationToken;
///
/// let token = CancellationToken::new();
/// {
///     let _guard = token.drop_guard_ref();
///     assert!(!token.is_cancelled());
/// }
/// assert!(token.is_cancelled());
/// ```
#[derive(Debug)]
pub struct DropGuardRef<'a> {
    pub(super) inner: Option<&'a CancellationToken>,
}

impl<'a> DropGuardRef<'a> {
    /// The token.
    ///
    /// # Examples
    ///
    /// ```
    /// let token = wakeful::sync::CancellationToken::new();
    /// assert_eq!(token.drop_guard_ref().token(), &token);
    /// ```
    pub fn token(&self) -> &CancellationToken {
        self.inner.expect(ARMED)
    }

    /// Gives the token back without canceling it.
    ///
    /// # Examples
    ///
    /// ```
    /// let token = wakeful::sync::CancellationToken::new();
    /// assert!(!token.drop_guard_ref().disarm().is_cancelled());
    /// ```
    pub fn disarm(mut self) -> &'a CancellationToken {
        self.inner.take().expect(ARMED)
    }
}

impl Drop for DropGuardRef<'_> {
    fn drop(&mut self) {
        if let Some(token) = self.inner {
            token.cancel();
        }
    }
}
