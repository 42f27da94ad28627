package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;
import static ai.tutti.engine.kernel.Assembler.each;
import static ai.tutti.engine.kernel.Assembler.tile;
import static ai.tutti.engine.kernel.Assembler.zmm;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import ai.tutti.engine.kernel.Assembler.Condition;
import ai.tutti.engine.kernel.Assembler.Label;
import ai.tutti.engine.kernel.Assembler.Mask;
import ai.tutti.engine.kernel.Assembler.Reg;
import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Instructions as GNU as 2.40 assembles them, with displacements of four bytes. */
final class AssemblerTest {
    static Stream<Arguments> instructions() {
        return Stream.of(
                instruction("4989c5", "mov r13,rax", a -> a.mov(Reg.R13, Reg.RAX)),
                instruction("48bef0debc9a78563412", "movabs rsi,0x123456789abcdef0", a -> a.mov(Reg.RSI, 0x123456789abcdef0L)),
                instruction("498b9c2408000000", "mov rbx,QWORD PTR [r12+0x8]", a -> a.mov(Reg.RBX, at(Reg.R12, 8))),
                instruction("4c898c2410000000", "mov QWORD PTR [rsp+0x10],r9", a -> a.mov(at(Reg.RSP, 16), Reg.R9)),
                instruction("4d01f8", "add r8,r15", a -> a.add(Reg.R8, Reg.R15)),
                instruction("4981ee00100000", "sub r14,0x1000", a -> a.sub(Reg.R14, 4096)),
                instruction("4881ff00f0ffff", "cmp rdi,0xfffffffffffff000", a -> a.cmp(Reg.RDI, -4096)),
                instruction("498184240800000000100000", "add QWORD PTR [r12+0x8],0x1000", a -> a.add(at(Reg.R12, 8), 4096)),
                instruction("4881af4000000001000000", "sub QWORD PTR [rdi+0x40],0x1", a -> a.sub(at(Reg.RDI, 64), 1)),
                instruction("41544155", "push r12; push r13", a -> a.save(Reg.R12, Reg.R13)),
                instruction("415d415c", "pop r13; pop r12", a -> a.restore(Reg.R12, Reg.R13)),
                instruction("4154", "push r12", a -> a.push(Reg.R12)),
                instruction("415f", "pop r15", a -> a.pop(Reg.R15)),
                instruction("c4c1fb92da", "kmovq k3,r10", a -> a.kmovq(new Mask(3), Reg.R10)),
                instruction("c4e278498680000000", "ldtilecfg [rsi+0x80]", a -> a.ldtilecfg(at(Reg.RSI, 128))),
                instruction("c4e27b49e8", "tilezero tmm5", a -> a.tilezero(tile(5))),
                instruction("c4827b4bb42940000000", "tileloadd tmm6,[r9+r13*1+0x40]", a -> a.tileloadd(tile(6), at(Reg.R9, 64), Reg.R13)),
                instruction("c482794bbc2500010000", "tileloaddt1 tmm7,[r13+r12*1+0x100]", a -> a.tileloaddt1(tile(7), at(Reg.R13, 256), Reg.R12)),
                instruction("c4827a4b942700040000", "tilestored [r15+r12*1+0x400],tmm2", a -> a.tilestored(at(Reg.R15, 1024), Reg.R12, tile(2))),
                instruction("c4e2425ccc", "tdpbf16ps tmm1,tmm4,tmm7", a -> a.tdpbf16ps(tile(1), tile(4), tile(7))),
                instruction("c482794bb42940000000", "tileloaddt1 tmm6,[r9+r13*1+0x40]", a -> a.tileloaddt1(tile(6), at(Reg.R9, 64), Reg.R13)),
                instruction("c4e2435ede", "tdpbssd tmm3,tmm6,tmm7", a -> a.tdpbssd(tile(3), tile(6), tile(7))),
                instruction("62c17c485bac2440000000", "vcvtdq2ps zmm21,ZMMWORD PTR [r12+0x40]", a -> a.vcvtdq2ps(zmm(21), at(Reg.R12, 64))),
                instruction("62b285407ddc", "vpermt2w zmm3,zmm31,zmm20", a -> a.vpermt2w(zmm(3), zmm(31), zmm(20))),
                instruction("62e20d407dca", "vpermt2b zmm17,zmm30,zmm2", a -> a.vpermt2b(zmm(17), zmm(30), zmm(2))),
                instruction("62323540bcca", "vfnmadd231ps zmm9,zmm25,zmm18", a -> a.vfnmadd231ps(zmm(9), zmm(25), zmm(18))),
                instruction("62720d40bee5", "vfnmsub231ps zmm12,zmm30,zmm5", a -> a.vfnmsub231ps(zmm(12), zmm(30), zmm(5))),
                instruction("62c27d48238220000000", "vpmovsxwd zmm16,YMMWORD PTR [r10+0x20]", a -> a.vpmovsxwd(zmm(16), at(Reg.R10, 32))),
                instruction("62c27d4813ad78563412", "vcvtph2ps zmm21,YMMWORD PTR [r13+0x12345678]", a -> a.vcvtph2ps(zmm(21), at(Reg.R13, 0x12345678))),
                instruction("62e37d481d9a7856341200", "vcvtps2ph YMMWORD PTR [rdx+0x12345678],zmm19,0x0", a -> a.vcvtps2ph(at(Reg.RDX, 0x12345678), zmm(19))),
                instruction("62c17c48108d80020000", "vmovups zmm17,ZMMWORD PTR [r13+0x280]", a -> a.vmovups(zmm(17), at(Reg.R13, 640))),
                instruction("62627d4818bec8000000", "vbroadcastss zmm31,DWORD PTR [rsi+0xc8]", a -> a.vbroadcastss(zmm(31), at(Reg.RSI, 200))),
                instruction("62115c425fce", "vmaxps zmm9{k2},zmm20,zmm30", a -> a.vmaxps(zmm(9), new Mask(2), zmm(20), zmm(30))),
                instruction("62620550a88784000000", "vfmadd213ps zmm24,zmm31,DWORD BCST [rdi+0x84]", a -> a.vfmadd213ps(zmm(24), zmm(31), each(Reg.RDI, 132))),
                instruction("62e27d402bc1", "vpackusdw zmm16,zmm16,zmm1", a -> a.vpackusdw(zmm(16), zmm(16), zmm(1))),
                instruction("629215c475d4", "vpermi2b zmm2{k4}{z},zmm29,zmm28", a -> a.vpermi2b(zmm(2), new Mask(4), zmm(29), zmm(28))),
                instruction("62913dc9f9c3", "vpsubw zmm0{k1}{z},zmm8,zmm27", a -> a.vpsubw(zmm(0), new Mask(1), zmm(8), zmm(27))),
                instruction("62924e4052dc", "vdpbf16ps zmm3,zmm22,zmm28", a -> a.vdpbf16ps(zmm(3), zmm(22), zmm(28))),
                instruction("62f1354072f110", "vpslld zmm25,zmm1,0x10", a -> a.vpslld(zmm(25), zmm(1), 16)),
                instruction("62437d4823c0dd", "vshuff32x4 zmm24,zmm0,zmm8,0xdd", a -> a.vshuff32x4(zmm(24), zmm(0), zmm(8), 0xdd)),
                instruction("62422f4072cf", "vcvtne2ps2bf16 zmm25,zmm26,zmm15", a -> a.vcvtne2ps2bf16(zmm(25), zmm(26), zmm(15))),
                instruction("c4e2415ecc", "tdpbusd tmm1,tmm4,tmm7", a -> a.tdpbusd(tile(1), tile(4), tile(7))),
                instruction("62d17c485ba300040000", "vcvtdq2ps zmm4,ZMMWORD PTR [r11+0x400]", a -> a.vcvtdq2ps(zmm(4), at(Reg.R11, 1024))),
                instruction("62d2355898a584000000", "vfmadd132ps zmm4,zmm9,DWORD BCST [r13+0x84]", a -> a.vfmadd132ps(zmm(4), zmm(9), each(Reg.R13, 132))),
                instruction("622134405dca", "vminps zmm25,zmm25,zmm18", a -> a.vminps(zmm(25), zmm(25), zmm(18))),
                instruction("62e27e4831ba00010000", "vpmovdb XMMWORD PTR [rdx+0x100],zmm23", a -> a.vpmovdb(at(Reg.RDX, 256), zmm(23))),
                instruction("62f27e48339a00010000", "vpmovdw YMMWORD PTR [rdx+0x100],zmm3", a -> a.vpmovdw(at(Reg.RDX, 256), zmm(3))),
                instruction("62f3154025dae2", "vpternlogd zmm3,zmm29,zmm2,0xe2", a -> a.vpternlogd(zmm(3), zmm(29), zmm(2), 0xe2)),
                instruction("62e17d40ee8080000000", "vpmaxsw zmm16,zmm16,ZMMWORD PTR [rax+0x80]", a -> a.vpmaxsw(zmm(16), zmm(16), at(Reg.RAX, 128))),
                instruction("62e265403e9880000000", "vpmaxuw zmm19,zmm19,ZMMWORD PTR [rax+0x80]", a -> a.vpmaxuw(zmm(19), zmm(19), at(Reg.RAX, 128))),
                instruction("62f27d484cc0", "vrcp14ps zmm0,zmm0", a -> a.vrcp14ps(zmm(0), zmm(0))));
    }

    private static Arguments instruction(String bytes, String text, Consumer<Assembler> writer) {
        return argumentSet(text, bytes, writer);
    }

    @ParameterizedTest
    @MethodSource("instructions")
    void itWritesWhatOthersWrite(String bytes, Consumer<Assembler> writer) {
        var assembler = new Assembler();
        writer.accept(assembler);
        assertThat(HexFormat.of().formatHex(assembler.bytes())).isEqualTo(bytes);
    }

    @Test
    void jumpsGoForwardsAndBack() {
        var assembler = new Assembler();
        var end = new Label();
        var begin = assembler.here();
        assembler.jump(Condition.EQUAL, end);
        assembler.jump(Condition.NOT_EQUAL, begin);
        assembler.bind(end);
        assembler.ret();
        assertThat(HexFormat.of().formatHex(assembler.bytes())).isEqualTo("0f84060000000f85f4ffffffc3");
    }
}
