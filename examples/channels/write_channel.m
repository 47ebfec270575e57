% Write a channel file from MATLAB; multistatic reads it as it is shown here, whichever of the two formats.
%
% H(k, r, t): amplitude from transmit antenna t to antenna r of receiver k. |H(k,r,t)|^2 is the power at the receive
% antenna for unit power at the transmit antenna: not in dB, not normalised. Nothing is permuted: the order of axes is
% the one that size(direct) shows. Here: line of sight in free space, lines of half-wavelength spacing along y.

c = 299792458;
carrier_hz = 3.5e9;
lambda = c / carrier_hz;
receiver_ids = {'west'; 'north'; 'east'; 'south'; 'kiosk'};
receivers_m = [-70 3 6; 10 9 12; 60 -4 6; -50 -6 10; 20 6 3];
transmitter_m = [-33 0 25];
Nr = 2;
Nt = 8;

K = numel(receiver_ids);
direct = complex(zeros(K, Nr, Nt));
for k = 1:K
    for r = 1:Nr
        for t = 1:Nt
            to = receivers_m(k, :) + [0 (r - 1) * lambda / 2 0];
            from = transmitter_m + [0 (t - 1) * lambda / 2 0];
            d = norm(to - from);
            direct(k, r, t) = lambda / (4 * pi * d) * exp(-2i * pi * d / lambda);
        end
    end
end

save('H.mat', 'direct', 'receiver_ids', 'carrier_hz', '-v7');         % MATLAB 5 format
% save('H.mat', 'direct', 'receiver_ids', 'carrier_hz', '-v7.3');    % for arrays of more than 2 GB
%
% Receivers with fewer antennas than others have rows of zeros: direct(k, r, :) = 0 for r beyond their own.
% A string array is no cell array: receiver_ids = cellstr(["west" "north"]).
%
% Back: design = load('out/street/design.mat'), after  multistatic design street.toml --out out/street --matlab
