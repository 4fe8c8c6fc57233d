//! `ReadBuf`.

use super::*;
use crate::io::AsyncReadExt;
use std::mem::MaybeUninit;

#[test]
fn parts_are_told_apart() {
    let mut memory = [MaybeUninit::uninit(); 10];
    let mut buf = ReadBuf::uninit(&mut memory);
    assert_eq!((buf.capacity(), buf.remaining()), (10, 10));
    assert!(buf.initialized().is_empty());
    buf.put_slice(b"abc");
    assert_eq!(buf.filled(), b"abc");
    assert_eq!(buf.initialize_unfilled_to(2), [0, 0]);
    assert_eq!(buf.initialized(), b"abc\0\0");
    buf.initialize_unfilled()[0] = b'd';
    assert_eq!(buf.initialize_unfilled()[0], b'd', "zeroed twice");
    buf.advance(1);
    buf.filled_mut()[0] = b'A';
    assert_eq!(buf.filled(), b"Abcd");
    buf.clear();
    assert_eq!(buf.initialized().len(), 10);
    buf.set_filled(2);
    assert_eq!(buf.filled(), b"Ab");
    let debug = format!("{buf:?}");
    assert_eq!(
        debug,
        "ReadBuf { filled: 2, initialized: 10, capacity: 10 }"
    );
}

#[test]
fn take_sees_what_is_set_and_no_more() {
    let mut memory = [MaybeUninit::uninit(); 10];
    let mut buf = ReadBuf::uninit(&mut memory);
    buf.initialize_unfilled_to(5).copy_from_slice(b"abcde");
    buf.advance(2);
    assert_eq!(buf.take(2).initialized(), b"cd");
    assert_eq!(buf.take(6).initialized(), b"cde");
    assert_eq!(buf.take(99).capacity(), 8);
}

#[test]
#[should_panic(expected = "filled must not become larger than initialized")]
fn advance_stops_at_memory_never_set() {
    let mut memory = [MaybeUninit::uninit(); 4];
    let mut buf = ReadBuf::uninit(&mut memory);
    buf.put_slice(b"a");
    buf.advance(1);
}

#[test]
#[should_panic(expected = "filled overflow")]
fn advance_does_not_wrap() {
    let mut memory = [0; 4];
    let mut buf = ReadBuf::new(&mut memory);
    buf.advance(1);
    buf.advance(usize::MAX);
}

#[test]
#[should_panic(expected = "buf.len() must fit in remaining()")]
fn put_slice_stops_at_the_end() {
    ReadBuf::new(&mut [0; 4]).put_slice(&[0; 5]);
}

#[test]
#[should_panic(expected = "n overflows remaining")]
fn initialize_stops_at_the_end() {
    ReadBuf::new(&mut [0; 4]).initialize_unfilled_to(5);
}

#[test]
#[should_panic(expected = "exchanged the ReadBuf")]
fn take_refuses_an_exchanged_buffer() {
    let _ = block_on(Exchanger.take(4).read(&mut [0; 8]));
}

#[test]
#[should_panic(expected = "exchanged the ReadBuf")]
fn read_to_end_refuses_an_exchanged_buffer() {
    let _ = block_on(Exchanger.read_to_end(&mut Vec::with_capacity(8)));
}

#[test]
#[should_panic(expected = "exchanged the ReadBuf")]
fn read_buf_refuses_an_exchanged_buffer() {
    let _ = block_on(Exchanger.read_buf(&mut Vec::with_capacity(8)));
}

#[test]
fn is_a_buf_mut() {
    use bytes::BufMut;
    let mut memory = [MaybeUninit::uninit(); 8];
    let mut buf = ReadBuf::uninit(&mut memory);
    buf.put_u16(0x6162);
    BufMut::put_slice(&mut buf, b"cd");
    assert_eq!(buf.filled(), b"abcd");
    assert_eq!(buf.remaining_mut(), 4);
    block_on(b"efghij".as_slice().read_buf(&mut buf)).unwrap();
    assert_eq!(buf.filled(), b"abcdefgh");
    assert_eq!(block_on(b"k".as_slice().read_buf(&mut buf)).unwrap(), 0);
}

#[derive(Clone, Debug)]
enum Op {
    Put(Vec<u8>),
    Initialize(usize),
    Advance(usize),
    SetFilled(usize),
    Clear,
    ReadLimited(usize, u64),
}

proptest! {
    /// Against a model: the bytes that are set, and how many are filled.
    #[test]
    fn behaves_like_its_model(ops in prop::collection::vec(prop_oneof![
        prop::collection::vec(any::<u8>(), 0..6).prop_map(Op::Put),
        (0_usize..12).prop_map(Op::Initialize),
        (0_usize..6).prop_map(Op::Advance),
        (0_usize..16).prop_map(Op::SetFilled),
        Just(Op::Clear),
        (0_usize..6, 0_u64..6).prop_map(|(bytes, limit)| Op::ReadLimited(bytes, limit)),
    ], 0..30)) {
        const CAPACITY: usize = 16;
        let mut memory = [MaybeUninit::uninit(); CAPACITY];
        let mut buf = ReadBuf::uninit(&mut memory);
        let (mut set, mut filled) = (Vec::new(), 0);
        for op in ops {
            match op {
                Op::Put(bytes) if filled + bytes.len() <= CAPACITY => {
                    buf.put_slice(&bytes);
                    let end = filled + bytes.len();
                    set.resize(end.max(set.len()), 0);
                    set[filled..end].copy_from_slice(&bytes);
                    filled = end;
                }
                Op::Initialize(n) if filled + n <= CAPACITY => {
                    set.resize(set.len().max(filled + n), 0);
                    prop_assert_eq!(&*buf.initialize_unfilled_to(n), &set[filled..filled + n]);
                }
                Op::Advance(n) if filled + n <= set.len() => {
                    buf.advance(n);
                    filled += n;
                }
                Op::SetFilled(n) if n <= set.len() => {
                    buf.set_filled(n);
                    filled = n;
                }
                Op::Clear => {
                    buf.clear();
                    filled = 0;
                }
                Op::ReadLimited(bytes, limit) => {
                    let bytes = vec![b'r'; bytes];
                    let n = bytes.len().min(limit as usize).min(CAPACITY - filled);
                    let mut limited = (&bytes[..]).take(limit);
                    let mut cx = Context::from_waker(Waker::noop());
                    let read = Pin::new(&mut limited).poll_read(&mut cx, &mut buf);
                    prop_assert!(read.is_ready());
                    set.resize(set.len().max(filled + n), 0);
                    set[filled..filled + n].fill(b'r');
                    filled += n;
                }
                _ => {}
            }
            prop_assert_eq!(buf.filled(), &set[..filled]);
            prop_assert_eq!(buf.initialized(), &set[..]);
        }
    }
}
