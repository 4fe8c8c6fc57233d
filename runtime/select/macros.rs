//! The macros. Each public one says what it does and hands its tokens to a hidden one that does it.
//!
//! In `macro_rules` locals are hygienic and all else is not. So the expansions use locals freely,
//! take everything else through `$crate::__support`, and put the one type they must declare into a
//! module of an unlikely name.
//!
//! SE1. The futures of a `select!` are pinned where they are: before the first poll their tuple is
//!     shadowed by a reference, which only makes pinned references to its fields, and nothing else
//!     has a name for it until the scope ends and drops it in place.

/// Waits for several branches and runs the handler of the first that completes.
///
/// ```text
/// select! {
///     biased;                                             // optional
///     <pattern> = <future> [, if <condition>] => <handler>,   // 1 to 64 times
///     else => <expression>                                // optional
/// }
/// ```
///
/// The whole is an expression; its value is that of the handler that runs. In detail:
///
/// 1. All conditions are evaluated. A branch whose condition is false is disabled.
/// 2. All future expressions are evaluated, also those of disabled branches, whose futures are not
///    polled. Anything with `IntoFuture` will do.
/// 3. The enabled futures are polled in turn, beginning at a random one, or with `biased;` always
///    at the first, until one is ready.
/// 4. If its output matches the pattern, all futures are dropped, and the handler runs with what
///    the pattern binds. If not, the branch is disabled and the others go on.
/// 5. When all branches are disabled, the `else` expression is the value.
///
/// Handlers may use `.await`, `?`, `return`, `break` and `continue`; they may use what the futures
/// borrowed, since those are gone by then. A handler that is a block needs no comma behind it.
///
/// All branches run in the current task: a branch that blocks the thread stops the others.
///
/// # Fairness
///
/// The random start gives each branch its chance even when others are always ready. With `biased;`
/// that is up to you: a branch that is always ready starves those below it. It is for orders that
/// matter, such as looking at a shutdown signal first, and saves a random number.
///
/// When the task's budget is used up, no branch is polled and the task yields.
///
/// # Panics
///
/// If all branches are disabled and there is no `else`.
///
/// # Cancel safety
///
/// The futures of the branches that lose are dropped half done. What that means is theirs to say:
/// see the section of this name at each operation. To go on with a future in the next `select!`,
/// keep it outside, pinned, and give `&mut future` to the branch.
///
/// # Examples
///
/// The first of two:
///
/// ```
/// use wakeful::sync::oneshot;
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let (sender, answer) = oneshot::channel();
/// let (_stop, stopped) = oneshot::channel::<()>();
/// wakeful::spawn(async move { sender.send(42) });
///
/// let value = wakeful::select! {
///     Ok(value) = answer => value,
///     _ = stopped => return,
/// };
/// assert_eq!(value, 42);
/// # });
/// ```
///
/// A loop that keeps one future over its rounds and ends when there is nothing left:
///
/// ```
/// use wakeful::sync::oneshot;
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let (first_sender, mut first) = oneshot::channel();
/// let (second_sender, mut second) = oneshot::channel();
/// first_sender.send(1).unwrap();
/// second_sender.send(2).unwrap();
///
/// let mut sum = 0;
/// let (mut first_done, mut second_done) = (false, false);
/// loop {
///     wakeful::select! {
///         value = &mut first, if !first_done => {
///             sum += value.unwrap();
///             first_done = true;
///         }
///         value = &mut second, if !second_done => {
///             sum += value.unwrap();
///             second_done = true;
///         }
///         else => break,
///     }
/// }
/// assert_eq!(sum, 3);
/// # });
/// ```
#[macro_export]
macro_rules! select {
    (biased; $($branches:tt)*) => {
        $crate::__select!(@begin (0) $($branches)*)
    };
    ($($branches:tt)*) => {
        $crate::__select!(@begin (random) $($branches)*)
    };
}

/// How it works: `@begin` supplies the numbers and names of branches, of which `@branch` gives the
/// first unused pair to the first unread branch, one branch each time it is expanded; so the number
/// in front is the number of branches read. `@run` gets them all in one form.
#[doc(hidden)]
#[macro_export]
macro_rules! __select {
    // ---- Begin ----

    (@begin $start:tt) => {
        ::core::compile_error!("select! requires at least one branch.")
    };
    (@begin $start:tt else => $else:expr $(,)?) => {
        $else
    };
    (@begin $start:tt $($branches:tt)+) => {
        $crate::__select!(@branch $start [] [
            (0 B0) (1 B1) (2 B2) (3 B3) (4 B4) (5 B5) (6 B6) (7 B7) (8 B8) (9 B9)
            (10 B10) (11 B11) (12 B12) (13 B13) (14 B14) (15 B15) (16 B16) (17 B17)
            (18 B18) (19 B19) (20 B20) (21 B21) (22 B22) (23 B23) (24 B24) (25 B25)
            (26 B26) (27 B27) (28 B28) (29 B29) (30 B30) (31 B31) (32 B32) (33 B33)
            (34 B34) (35 B35) (36 B36) (37 B37) (38 B38) (39 B39) (40 B40) (41 B41)
            (42 B42) (43 B43) (44 B44) (45 B45) (46 B46) (47 B47) (48 B48) (49 B49)
            (50 B50) (51 B51) (52 B52) (53 B53) (54 B54) (55 B55) (56 B56) (57 B57)
            (58 B58) (59 B59) (60 B60) (61 B61) (62 B62) (63 B63) (64 END)
        ] $($branches)+)
    };

    // ---- One branch, or the end ----

    (@branch $start:tt [$($done:tt)*] [($count:tt $end:ident) $($free:tt)*]) => {
        $crate::__select!(@run $start $count [$($done)*] $crate::__support::all_disabled())
    };
    (@branch $start:tt [$($done:tt)*] [($count:tt $end:ident) $($free:tt)*]
        else => $else:expr $(,)?
    ) => {
        $crate::__select!(@run $start $count [$($done)*] $else)
    };
    (@branch $start:tt $done:tt [(64 $end:ident)] $($more:tt)+) => {
        ::core::compile_error!("select! takes at most 64 branches")
    };
    // A handler that is a block, with a comma behind it or not.
    (@branch $start:tt [$($done:tt)*] [($number:tt $name:ident) $($free:tt)*]
        $pattern:pat = $future:expr, if $condition:expr => $handler:block, $($rest:tt)*
    ) => {
        $crate::__select!(@branch $start [$($done)* {
            $number $name ($pattern) ($future) ($condition) ($handler)
        }] [$($free)*] $($rest)*)
    };
    (@branch $start:tt [$($done:tt)*] [($number:tt $name:ident) $($free:tt)*]
        $pattern:pat = $future:expr => $handler:block, $($rest:tt)*
    ) => {
        $crate::__select!(@branch $start [$($done)* {
            $number $name ($pattern) ($future) (true) ($handler)
        }] [$($free)*] $($rest)*)
    };
    (@branch $start:tt [$($done:tt)*] [($number:tt $name:ident) $($free:tt)*]
        $pattern:pat = $future:expr, if $condition:expr => $handler:block $($rest:tt)*
    ) => {
        $crate::__select!(@branch $start [$($done)* {
            $number $name ($pattern) ($future) ($condition) ($handler)
        }] [$($free)*] $($rest)*)
    };
    (@branch $start:tt [$($done:tt)*] [($number:tt $name:ident) $($free:tt)*]
        $pattern:pat = $future:expr => $handler:block $($rest:tt)*
    ) => {
        $crate::__select!(@branch $start [$($done)* {
            $number $name ($pattern) ($future) (true) ($handler)
        }] [$($free)*] $($rest)*)
    };
    // A handler that is another expression: the last, or with a comma behind it.
    (@branch $start:tt [$($done:tt)*] [($number:tt $name:ident) $($free:tt)*]
        $pattern:pat = $future:expr, if $condition:expr => $handler:expr $(, $($rest:tt)*)?
    ) => {
        $crate::__select!(@branch $start [$($done)* {
            $number $name ($pattern) ($future) ($condition) ($handler)
        }] [$($free)*] $($($rest)*)?)
    };
    (@branch $start:tt [$($done:tt)*] [($number:tt $name:ident) $($free:tt)*]
        $pattern:pat = $future:expr => $handler:expr $(, $($rest:tt)*)?
    ) => {
        $crate::__select!(@branch $start [$($done)* {
            $number $name ($pattern) ($future) (true) ($handler)
        }] [$($free)*] $($($rest)*)?)
    };

    // ---- All branches ----

    (@run $start:tt $count:tt [$({
        $number:tt $name:ident ($pattern:pat) ($future:expr) ($condition:expr) ($handler:expr)
    })+] $else:expr) => {{
        // The output of the branch that wins, to be matched when all futures are dropped.
        mod __wakeful_select {
            #[allow(clippy::all, missing_docs, unreachable_pub)]
            pub enum Output<$($name),+> {
                $($name($name),)+
                AllDisabled,
            }
        }

        // A bit for each branch that is not polled, or not any more.
        let mut disabled = 0u64;
        $(
            if !$condition {
                disabled |= 1u64 << $number;
            }
        )+

        // A scope of its own, so that the futures are gone before a handler runs.
        let mut output = {
            // Two steps, so that temporaries in the expressions live as long as the futures.
            let futures = ($($future,)+);
            let mut futures = ($(
                $crate::__support::IntoFuture::into_future(futures.$number),
            )+);
            // SE1: the futures are reached through this reference alone.
            let futures = &mut futures;

            let output = $crate::__support::poll_fn(|cx| {
                if $crate::__support::Poll::is_pending(&$crate::__support::budget_left(cx)) {
                    return $crate::__support::Poll::Pending;
                }
                let mut waiting = false;
                let start = $crate::__select!(@start $start $count);
                let mut order = $crate::__support::Order::new($count, start);
                while order.has_next() {
                    let branch = order.advance();
                    if disabled & (1u64 << branch) != 0 {
                        continue;
                    }
                    match branch {
                        $(
                            #[allow(unreachable_code)]
                            $number => {
                                // SAFETY: SE1.
                                let future = unsafe {
                                    $crate::__support::Pin::new_unchecked(&mut futures.$number)
                                };
                                #[allow(unused_mut)]
                                let mut output =
                                    match $crate::__support::Future::poll(future, cx) {
                                        $crate::__support::Poll::Ready(output) => output,
                                        $crate::__support::Poll::Pending => {
                                            waiting = true;
                                            continue;
                                        }
                                    };
                                disabled |= 1u64 << branch;
                                // Does it match? A guard looks at the bindings without moving
                                // out of the output. It is never true: the arm is never entered.
                                let mut matches = false;
                                #[allow(unused_variables, unused_mut, unused_assignments)]
                                #[allow(unreachable_patterns)]
                                match output {
                                    $pattern if { matches = true; false } => {
                                        $crate::__support::pattern_changed()
                                    }
                                    _ => {}
                                }
                                if matches {
                                    return $crate::__support::Poll::Ready(
                                        __wakeful_select::Output::$name(output),
                                    );
                                }
                            }
                        )+
                        _ => $crate::__support::no_such_branch(),
                    }
                }
                if waiting {
                    $crate::__support::Poll::Pending
                } else {
                    $crate::__support::Poll::Ready(__wakeful_select::Output::AllDisabled)
                }
            })
            .await;
            output
        };

        match output {
            $(
                // Unreachable if the branch never ends: its output is `!`.
                #[allow(unreachable_patterns)]
                __wakeful_select::Output::$name($pattern) => $handler,
            )+
            __wakeful_select::Output::AllDisabled => $else,
            #[allow(unreachable_patterns)]
            _ => $crate::__support::pattern_changed(),
        }
    }};

    (@start (0) $count:tt) => {
        0
    };
    (@start (random) $count:tt) => {
        $crate::__support::random_start($count)
    };
}

/// Waits for all futures and gives a tuple of their outputs.
///
/// All are polled in the current task, in turn: they take part in each other's waiting, but do not
/// run at the same time. Anything with `IntoFuture` will do. For a number of futures that is not
/// known when the program is written, or to use all threads, spawn tasks.
///
/// Each poll begins at another future, so that all get on even if one uses up the task's budget
/// each time. With `biased;` in front each poll begins at the first: use it if the order matters.
///
/// # Cancel safety
///
/// All futures are dropped, and outputs that were there already are lost.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let (number, text) = wakeful::join!(async { 1 }, async { "one" });
/// assert_eq!((number, text), (1, "one"));
/// # });
/// ```
#[macro_export]
macro_rules! join {
    (biased; $($future:expr),* $(,)?) => {
        $crate::__join!(join (true) $($future,)*)
    };
    ($($future:expr),* $(,)?) => {
        $crate::__join!(join (false) $($future,)*)
    };
}

/// Waits until all futures give `Ok`, for a tuple of the values, or until one gives an error.
///
/// The value is `Ok((a, b, …))` or the first `Err`; on an error the other futures are dropped, with
/// what they gave. All errors are of one type. As for the rest, see [`join!`](crate::join).
///
/// # Cancel safety
///
/// All futures are dropped, and values that were there already are lost.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// async fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
///     text.parse()
/// }
///
/// assert_eq!(wakeful::try_join!(parse("1"), parse("2")), Ok((1, 2)));
/// assert!(wakeful::try_join!(parse("1"), parse("x")).is_err());
/// # });
/// ```
#[macro_export]
macro_rules! try_join {
    (biased; $($future:expr),* $(,)?) => {
        $crate::__join!(try_join (true) $($future,)*)
    };
    ($($future:expr),* $(,)?) => {
        $crate::__join!(try_join (false) $($future,)*)
    };
}

/// How it works: the futures become a chain, its outputs come as nested pairs, and a pattern of
/// one local for each future flattens them. The locals are all called `output` and all different:
/// each expansion of `@name` makes a new one.
#[doc(hidden)]
#[macro_export]
macro_rules! __join {
    ($kind:ident ($biased:tt) $($future:expr,)*) => {
        $crate::__join!(@name $kind $biased [$($future,)*] [] $($future,)*)
    };
    (@name $kind:ident $biased:tt $all:tt [$($names:ident)*] $future:expr, $($rest:expr,)*) => {
        $crate::__join!(@name $kind $biased $all [$($names)* output] $($rest,)*)
    };
    (@name $kind:ident $biased:tt [$($future:expr,)*] [$($names:ident)*]) => {{
        // A statement of its own: temporaries in the expressions end here, not after the `.await`.
        let futures = $crate::__support::$kind(
            $crate::__join!(@chain $($future,)*),
            $biased,
        );
        $crate::__join!(@flatten $kind futures [$($names)*])
    }};
    (@chain) => {
        $crate::__support::End
    };
    (@chain $future:expr, $($rest:expr,)*) => {
        $crate::__support::branch($future, $crate::__join!(@chain $($rest,)*))
    };
    (@flatten join $futures:ident [$($names:ident)*]) => {
        match $futures.await {
            $crate::__join!(@pattern $($names)*) => ($($names,)*),
        }
    };
    (@flatten try_join $futures:ident [$($names:ident)*]) => {
        match $futures.await {
            $crate::__support::Result::Ok($crate::__join!(@pattern $($names)*)) => {
                $crate::__support::Result::Ok(($($names,)*))
            }
            $crate::__support::Result::Err(error) => $crate::__support::Result::Err(error),
        }
    };
    (@pattern) => {
        ()
    };
    (@pattern $name:ident $($names:ident)*) => {
        ($name, $crate::__join!(@pattern $($names)*))
    };
}

/// Pins futures to the stack.
///
/// `pin!(a, b)` takes over the variables and shadows each with a `Pin<&mut _>` of the same name.
/// `pin! { let a = …; let b = …; }` declares them pinned. Either way `&mut a` is a future that can
/// be polled in a `select!` and kept for the next one.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// async fn answer() -> u32 {
///     42
/// }
///
/// let future = answer();
/// wakeful::pin!(future);
/// assert_eq!((&mut future).await, 42);
///
/// wakeful::pin! {
///     let first = answer();
///     let second = async { 1 };
/// }
/// let sum = wakeful::join!(first, second);
/// assert_eq!(sum, (42, 1));
/// # });
/// ```
#[macro_export]
macro_rules! pin {
    ($($name:ident),* $(,)?) => {
        $(
            #[allow(unused_mut)]
            let mut $name = $crate::__support::pin!($name);
        )*
    };
    ($(let $name:ident = $future:expr;)*) => {
        $(
            #[allow(unused_mut)]
            let mut $name = $crate::__support::pin!($future);
        )*
    };
}
